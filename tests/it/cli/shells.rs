//! Completions and pages of the manual: a real bash takes the script and completes by it, and every command has a page
//! with every flag of its help. And every command that answers does so as JSON.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::{Place, shipped, small};

/// The commands below one, by its help.
fn below(command: &str) -> Vec<String> {
    let help = shipped(format!("{command} --help").trim()).out;
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let names = list.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("    "));
    let names = names.map(|line| line.split_whitespace().next().unwrap()).filter(|name| *name != "help");
    names.map(|name| format!("{command} {name}").trim().to_owned()).collect()
}

/// All commands, those with others below them too.
fn all() -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), below(""));
    while let Some(command) = next.pop() {
        next.extend(below(&command));
        found.push(command);
    }
    assert!(found.len() > 15 && found.contains(&"directory generate".to_owned()), "{found:?}");
    found
}

/// What bash offers for a word after others.
fn offered(script: &str, words: &[&str]) -> BTreeSet<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let (last, before) = (quoted.last().unwrap(), &quoted[quoted.len() - 2]);
    let ask = format!(
        "{script}\nCOMP_WORDS=({}); COMP_CWORD={}; _hallpass hallpass {last} {before}; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1
    );
    let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn bash_completes() {
    let place = Place::with(&[]);
    let script = place.run("completions bash").out;
    place.write("hallpass.bash", &script);
    let checked = Command::new("bash").args(["-n", "hallpass.bash"]).current_dir(place.0.path()).output().unwrap();
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
    assert_eq!(offered(&script, &["hallpass", "mat"]), ["matrix".to_owned()].into());
    assert_eq!(offered(&script, &["hallpass", "directory", "gen"]), ["generate".to_owned()].into());
    let flags = offered(&script, &["hallpass", "who-can", "--stu"]);
    assert_eq!(flags, ["--student".to_owned()].into());
    let formats = offered(&script, &["hallpass", "matrix", "--format", ""]);
    assert_eq!(formats, ["table", "csv", "html", "json"].map(str::to_owned).into());
    let commands = offered(&script, &["hallpass", ""]);
    let lacking: Vec<String> = below("").into_iter().filter(|command| !commands.contains(command)).collect();
    assert_eq!(lacking, [""; 0]);
}

#[test]
fn every_shell_has_a_script() {
    let scripts = ["bash", "zsh", "fish", "powershell", "elvish"].map(|shell| shipped(&format!("completions {shell}")));
    for ended in &scripts {
        assert_eq!((ended.code, ended.err.as_str()), (0, ""));
        assert!(ended.out.contains("who-can") && ended.out.contains("what-can"), "{}", ended.out);
    }
    let different: BTreeSet<&str> = scripts.iter().map(|ended| ended.out.as_str()).collect();
    assert_eq!(different.len(), scripts.len());
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let place = Place::with(&[]);
    let ended = place.run("man pages");
    let commands = all();
    assert_eq!((ended.code, ended.out), (0, format!("pages: {} pages\n", commands.len() + 1)));
    for command in commands.iter().map(String::as_str).chain([""]) {
        let name = format!("hallpass {command}").trim().replace(' ', "-");
        let page = fs::read_to_string(place.0.path().join(format!("pages/{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH {name} 1")), "{name}: {page}");
        let help = shipped(format!("{command} --help").trim()).out;
        let flags = help.lines().filter_map(|line| line.trim_start().strip_prefix("--"));
        for flag in flags.map(|flag| flag.split([' ', '=', '[', ',']).next().unwrap()) {
            let written = format!("\\-\\-{}", flag.replace('-', "\\-"));
            assert!(page.contains(&written), "{name} lacks --{flag}");
        }
        let lacking: Vec<String> =
            below(command).into_iter().filter(|below| !page.contains(&below.replace([' ', '-'], "\\-"))).collect();
        assert_eq!(lacking, [""; 0], "{name}");
    }
}

/// Every command that answers takes `--format json` and `--format human`; those that need no server write one JSON value.
#[test]
fn answers_come_as_json_too() {
    let place = small(&[("r.yaml", ""), ("policies/routes.yaml", ROUTES)]);
    let question = "--subject lee --action view --type sis.grades.mark --student sam";
    for line in [
        format!("check {question}"),
        format!("explain {question}"),
        "validate".to_owned(),
        "roles".to_owned(),
        "roles list".to_owned(),
        "roles show sis.teacher".to_owned(),
        "roles sis.teacher".to_owned(),
        "route GET /marks/m1".to_owned(),
        "matrix".to_owned(),
        "who-can view sis.grades.mark".to_owned(),
        "who-can view sis.grades.mark --student sam".to_owned(),
        "what-can lee".to_owned(),
        "directory check examples/district".to_owned(),
        "config show".to_owned(),
    ] {
        let ended = place.run(&format!("{line} --format json"));
        let value = serde_json::from_str::<serde_json::Value>(&ended.out);
        assert!(value.is_ok_and(|value| value.is_object()) && ended.code == 0, "{line}: {ended:?}");
        let human = place.run(&format!("{line} --format human"));
        assert!(human.code == 0 && !human.out.starts_with('{'), "{line}: {human:?}");
        assert_eq!(human.out, place.run(&line).out, "{line}");
    }
    for command in ["log verify", "log who-saw", "directory status"] {
        let help = shipped(&format!("{command} --help")).out;
        assert!(help.contains("--format <FORMAT>") && help.contains("json"), "{command}: {help}");
    }
}

const ROUTES: &str = "\
hallpass: routes/v1
application: sis
subject: {claim: sub}
routes:
  - match: GET /marks/{id}
    action: view
    type: sis.grades.mark
";
