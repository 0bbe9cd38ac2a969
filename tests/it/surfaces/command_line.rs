//! The command line as a surface: the built binary asked the same questions, on the files and of a server.

use std::process::Command;
use std::sync::Arc;

use hallpass::pdp::Pdp;
use hallpass::policy::request::Limits;
use serde_json::Value;

use super::asked::{Asked, LISTS, Members, Said, TEXTS};
use super::district::Folders;
use super::exam::{Exam, Turn};
use super::{exam, on_one_day};
use crate::running::{Server, settings};

const QUESTIONS: usize = 200;

#[test]
fn the_command_line_gives_the_same_answers() {
    let folders = Folders::new();
    let server = Server::over(&settings(), Arc::new(Pdp::new(folders.snapshot(), Limits::default())), None);
    let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let files =
        ["--policies".to_owned(), text(folders.policies()), "--directory".to_owned(), text(folders.directory())];
    let remote = ["--server".to_owned(), server.grpc.to_string()];
    for (surface, whom) in [("check on the files", files.as_slice()), ("check --server", &remote)] {
        let [answers, _] = on_one_day(&folders.snapshot(), |today| {
            let (exam, turn) = (exam(QUESTIONS, 2, &folders, today), Turn::default());
            std::thread::scope(|scope| {
                scope.spawn(|| ask_all(surface, whom, &exam, &turn));
                ask_all(surface, whom, &exam, &turn);
            });
            exam
        });
        assert_eq!(answers, QUESTIONS);
        println!("{surface}: {answers} answers, no difference");
    }
}

fn ask_all(surface: &str, whom: &[String], exam: &Exam, turn: &Turn) {
    while let Some((index, [question])) = exam.next(turn, 1) {
        exam.note(surface, index, &ask(question, whom));
    }
}

fn ask(asked: &Asked, whom: &[String]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
    command.env_clear().args(["check", "--format", "json"]).args(whom).args(flags(asked));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.code() {
        Some(0 | 2) => answer(&text(&output.stdout), output.status.code() == Some(0)),
        Some(1) if !output.stderr.is_empty() && output.stdout.is_empty() => Said::Malformed,
        _ => Said::Failed(format!("{output:?}")),
    }
}

fn answer(line: &str, allowed: bool) -> Said {
    let Ok(answer) = serde_json::from_str::<Value>(line) else { return Said::Failed(line.to_owned()) };
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    if answer["allow"] != allowed {
        return Said::Failed(format!("the exit code says otherwise: {line}"));
    }
    let grant = text("role").map(|role| [role, text("org").unwrap(), text("grant").unwrap()]);
    Said::Decided { allow: allowed, reason: text("reason").unwrap(), grant }
}

/// The flags of a question; a null is left out, and what is no text has no flag of its own.
fn flags(asked: &Asked) -> Vec<String> {
    let mut flags = Vec::new();
    if let Some(subject) = &asked.subject {
        flags.extend([format!("--subject={}", subject.id), format!("--subject-type={}", subject.kind)]);
        flags.extend(free("subject-property", &subject.properties));
    }
    if let Some(action) = &asked.action {
        flags.push(format!("--action={}", action.id));
        flags.extend(free("action-property", &action.properties));
    }
    if let Some(resource) = &asked.resource {
        flags.extend([format!("--type={}", resource.kind), format!("--id={}", resource.id)]);
        let mut properties = resource.properties.clone();
        for name in LISTS.into_iter().chain(TEXTS) {
            let flag = name.replace('_', "-");
            let texts = own_flag(name, resource.properties.get(name));
            if !texts.is_empty() {
                properties.remove(name);
                flags.extend(texts.iter().map(|text| format!("--{flag}={text}")));
            }
        }
        flags.extend(free("property", &properties));
    }
    flags.extend(asked.context.iter().flat_map(|context| free("context", context)));
    flags
}

/// What can be given by the flag of the name, once for each alternative.
fn own_flag<'a>(name: &str, value: Option<&'a Value>) -> Vec<&'a str> {
    let items = match value {
        Some(Value::Array(items)) if LISTS.contains(&name) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    items.iter().map(Value::as_str).collect::<Option<_>>().unwrap_or_default()
}

fn free<'a>(flag: &'a str, members: &'a Members) -> impl Iterator<Item = String> + 'a {
    let given = members.iter().filter(|(_, value)| !value.is_null());
    given.map(move |(name, value)| format!("--{flag}={name}:={value}"))
}
