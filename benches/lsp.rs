//! How long an editor waits: from a changed buffer to its finding, with 2,000 policy files open, and where that time goes.
//! Prints medians; judges nothing.
#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a benchmark")]

use std::hint::black_box;
use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hallpass::policy::compiled::Policy;
use hallpass::policy::document::Read;
use hallpass::policy::source::Source;
use lsp_server::{Message, Notification, Request};
use serde_json::{Value, json};

/// How many roles there are.
const ROLES: usize = 2_000;
/// How often one of them is changed.
const TIMES: usize = 41;

fn main() {
    println!("{:<52} {:>10} {:>10} {:>10}", "milliseconds", "median", "least", "most");
    let files = files();
    let spans = (0..5).map(|_| {
        timed(|| {
            black_box(files.iter().map(Read::of).count());
        })
    });
    print("read 2,000 roles", spans.collect());
    let read: Vec<Arc<Read>> = files.iter().map(|file| Arc::new(Read::of(file))).collect();
    let found = (0..5).map(|_| {
        timed(|| {
            black_box(Policy::findings(&read));
        })
    });
    print("find what is wrong, once they are read", found.collect());
    session(&files);
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn print(name: &str, mut spans: Vec<Duration>) {
    spans.sort();
    let shown = |at: usize| format!("{:.2}", spans[at].as_secs_f64() * 1e3);
    println!("{name:<52} {:>10} {:>10} {:>10}", shown(spans.len() / 2), shown(0), shown(spans.len() - 1));
}

/// The shipped MiSiS application, and its teacher again and again, each a little different.
fn files() -> Vec<Source> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/misis");
    let read = |name: &str| std::fs::read_to_string(shipped.join(name)).expect("it is shipped");
    let teacher = read("teacher.yaml");
    let role = |at: usize| {
        let text = teacher.replace("misis.teacher", &format!("misis.teacher_{at}"));
        let include = format!("  - include: misis.teacher_{}\n    clause: 1\n", at.saturating_sub(1));
        let text = if at.is_multiple_of(10) { text } else { text + &include };
        Source { name: format!("teacher_{at}.yaml").into(), bytes: text.into_bytes().into() }
    };
    // The application's own rules may name roles that are not here.
    let application = read("application.yaml");
    let application = application.split("\ndeny:").next().expect("it has a beginning").to_owned() + "\n";
    let application = Source { name: "application.yaml".into(), bytes: application.into_bytes().into() };
    std::iter::once(application).chain((0..ROLES).map(role)).collect()
}

/// The server and the way to it.
struct Editor {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Editor {
    fn tell(&mut self, method: &str, params: Value) {
        let message = Message::from(Notification { method: method.to_owned(), params });
        message.write(&mut self.input).expect("the server listens");
    }

    /// Asks, and reads as far as the answer.
    fn ask(&mut self, method: &str, params: Value) {
        let request = Request { id: 1.into(), method: method.to_owned(), params };
        Message::from(request).write(&mut self.input).expect("the server listens");
        while !matches!(self.next(), Message::Response(_)) {}
    }

    fn next(&mut self) -> Message {
        Message::read(&mut self.output).expect("it speaks").expect("it goes on")
    }
}

fn session(files: &[Source]) {
    let folder = tempfile::tempdir().expect("a folder");
    let policies = folder.path().join("policies");
    std::fs::create_dir_all(&policies).expect("it is ours");
    for file in files {
        std::fs::write(policies.join(&*file.name), &file.bytes).expect("it is ours");
    }
    let uri = |name: &str| format!("file://{}", policies.join(name).display());
    let mut server = Command::new(env!("CARGO_BIN_EXE_hallpass"))
        .arg("lsp")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let (input, output) = (server.stdin.take().expect("piped"), server.stdout.take().expect("piped"));
    let mut editor = Editor { input, output: BufReader::new(output) };
    let root = format!("file://{}", folder.path().display());
    let begun = Instant::now();
    editor.ask("initialize", json!({"capabilities": {}, "workspaceFolders": [{"uri": root, "name": "w"}]}));
    println!("initialize: {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    editor.tell("initialized", json!({}));
    for file in files {
        let text = String::from_utf8_lossy(&file.bytes);
        let document = json!({"uri": uri(&file.name), "languageId": "yaml", "version": 0, "text": text});
        editor.tell("textDocument/didOpen", json!({"textDocument": document}));
    }
    let good = String::from_utf8_lossy(&files[1_000].bytes).into_owned();
    let bad = good.replacen("gradebook.entry", "gradebook.entrie", 1);
    let name = uri(&files[1_000].name);
    let mut spans = Vec::new();
    for version in 1..=TIMES {
        let text = if version % 2 == 1 { &bad } else { &good };
        let begun = Instant::now();
        let document = json!({"uri": name, "version": version});
        editor.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}));
        while !matches!(editor.next(), Message::Notification(told) if told.params["version"] == version) {}
        spans.push(begun.elapsed());
    }
    // The first waits for all that were opened.
    print("changed buffer to its finding, 2,000 files open", spans.split_off(1));
    print("the first one, after all were opened", spans);
    editor.ask("shutdown", Value::Null);
    editor.tell("exit", Value::Null);
    editor.input.flush().expect("it listens");
    drop(editor);
    _ = server.wait();
}
