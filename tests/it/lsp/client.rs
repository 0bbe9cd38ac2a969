//! A client over pipes.

use std::collections::BTreeMap;
use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use lsp_server::{Message, Notification, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{copy, path, write};

/// An application with one topic.
pub(super) const APPLICATION: &str = "\
hallpass: application/v1
application: sis
title: A small application
modules:
  grades:
    title: Grades
    topics:
      mark: [view, update]
";

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(60);

/// A server with a folder of its own.
pub struct Client {
    folder: TempDir,
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Message>,
    asked: i32,
    version: i32,
    /// What was last said about each file, by its path in the folder.
    pub findings: BTreeMap<String, Vec<Value>>,
    /// Everything else that was told.
    pub told: Vec<(String, Value)>,
}

impl Client {
    /// A server that nobody has said anything to.
    pub fn silent(folder: TempDir, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.arg("lsp").args(flags).current_dir(folder.path()).env_clear();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), child.stdout.take().unwrap());
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let read = || Message::read(&mut output).ok().flatten();
            std::iter::from_fn(read).try_for_each(|message| sender.send(message)).ok()
        });
        let (findings, told) = (BTreeMap::new(), Vec::new());
        Self { folder, child, input, messages, asked: 0, version: 0, findings, told }
    }

    /// One that was begun on a folder of these files.
    pub fn on(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        files.iter().for_each(|(name, text)| write(&folder.path().join(name), text));
        Self::begun(folder, &[], &json!({}))
    }

    /// One on a copy of the shipped policies.
    pub fn shipped() -> Self {
        let folder = TempDir::new().unwrap();
        copy(&path("policies"), &folder.path().join("policies"));
        Self::begun(folder, &[], &json!({}))
    }

    /// One that was begun with these parameters beside its folder.
    pub fn begun(folder: TempDir, flags: &[&str], more: &Value) -> Self {
        let mut client = Self::silent(folder, flags);
        let root = client.uri("");
        let mut params =
            json!({"processId": null, "capabilities": {}, "workspaceFolders": [{"uri": root, "name": "w"}]});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        client.ask("initialize", params).unwrap();
        client.tell("initialized", json!({}));
        client
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn uri(&self, name: &str) -> String {
        let path = self.path(name);
        format!("file://{}", path.to_string_lossy().trim_end_matches('/'))
    }

    fn name(&self, uri: &str) -> String {
        let root = self.uri("");
        uri.strip_prefix(&root).unwrap_or(uri).trim_start_matches('/').to_owned()
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        let message = Message::from(Notification { method: method.to_owned(), params });
        message.write(self.input.as_mut().unwrap()).unwrap();
    }

    /// Asks: the result, or the error.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.asked += 1;
        let id = self.asked.into();
        let request = Request { id, method: method.to_owned(), params };
        Message::from(request).write(self.input.as_mut().unwrap()).unwrap();
        loop {
            if let Some(Message::Response(response)) = self.next() {
                assert_eq!(response.id, self.asked.into());
                return response.response_result.map_err(|error| json!({"code": error.code, "message": error.message}));
            }
        }
    }

    /// The next message; what it tells is kept.
    fn next(&mut self) -> Option<Message> {
        let message = self.messages.recv_timeout(LIMIT);
        let message = message.unwrap_or_else(|error| panic!("{error}: {:#?}", self.all()));
        let Message::Notification(Notification { method, params }) = message else { return Some(message) };
        if method == "textDocument/publishDiagnostics" {
            let name = self.name(params["uri"].as_str().unwrap());
            self.findings.insert(name, params["diagnostics"].as_array().unwrap().clone());
        } else {
            self.told.push((method, params));
        }
        None
    }

    /// Reads on until something holds of the findings.
    pub fn until(&mut self, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            self.next();
        }
    }

    /// Waits until exactly these findings are told: file, line and column from 1, message.
    pub fn finds(&mut self, wanted: &[&str]) {
        self.until(|client| client.all() == wanted);
    }

    /// All findings now.
    pub fn all(&self) -> Vec<String> {
        let of = |(file, found): (&String, &Vec<Value>)| {
            let one = |finding: &Value| {
                let start = &finding["range"]["start"];
                let (line, column) = (start["line"].as_u64().unwrap() + 1, start["character"].as_u64().unwrap() + 1);
                format!("{file}:{line}:{column} {}", finding["message"].as_str().unwrap().replace('\n', " / "))
            };
            found.iter().map(one).collect::<Vec<_>>()
        };
        self.findings.iter().flat_map(of).collect()
    }

    /// Opens a file as it lies there: its text.
    pub fn open(&mut self, name: &str) -> String {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        self.open_as(name, &text);
        text
    }

    pub fn open_as(&mut self, name: &str, text: &str) {
        let document = json!({"uri": self.uri(name), "languageId": "yaml", "version": 0, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    pub fn change(&mut self, name: &str, text: &str) {
        self.version += 1;
        let document = json!({"uri": self.uri(name), "version": self.version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}));
    }

    pub fn close(&mut self, name: &str) {
        let document = json!({"uri": self.uri(name)});
        self.tell("textDocument/didClose", json!({"textDocument": document}));
    }

    /// Tells that a file on the disk changed.
    pub fn saved(&mut self, name: &str) {
        let kind = if self.path(name).exists() { 2 } else { 3 };
        let changes = json!([{"uri": self.uri(name), "type": kind}]);
        self.tell("workspace/didChangeWatchedFiles", json!({"changes": changes}));
    }

    /// Asks about a place of a file.
    pub fn ask_at(&mut self, method: &str, name: &str, position: (usize, usize), more: &Value) -> Result<Value, Value> {
        let (line, character) = position;
        let mut params = json!({
            "textDocument": {"uri": self.uri(name)}, "position": {"line": line, "character": character},
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask(&format!("textDocument/{method}"), params)
    }

    /// The labels offered at a place.
    pub fn offered(&mut self, name: &str, position: (usize, usize)) -> Vec<String> {
        let items = self.ask_at("completion", name, position, &json!({})).unwrap();
        items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }

    /// What a place is said to be.
    pub fn hover(&mut self, name: &str, position: (usize, usize)) -> String {
        let found = self.ask_at("hover", name, position, &json!({})).unwrap();
        found["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// Where a name is described: file, line and column from 1.
    pub fn defined(&mut self, name: &str, position: (usize, usize)) -> Vec<String> {
        let found = self.ask_at("definition", name, position, &json!({})).unwrap();
        let one = |location: &Value| {
            let (file, start) = (self.name(location["uri"].as_str().unwrap()), &location["range"]["start"]);
            let (line, column) = (start["line"].as_u64().unwrap() + 1, start["character"].as_u64().unwrap() + 1);
            format!("{file}:{line}:{column}")
        };
        found.as_array().unwrap().iter().map(one).collect()
    }

    /// Renames what stands at a place, and applies the edits to the files on the disk: their names.
    pub fn rename(&mut self, name: &str, position: (usize, usize), new: &str) -> Result<Vec<String>, String> {
        let renamed = self.ask_at("rename", name, position, &json!({"newName": new}));
        let edit = renamed.map_err(|error| error["message"].as_str().unwrap().to_owned())?;
        let mut files = Vec::new();
        for (uri, edits) in edit["changes"].as_object().unwrap() {
            let file = self.name(uri);
            let text = std::fs::read_to_string(self.path(&file)).unwrap();
            std::fs::write(self.path(&file), applied(&text, edits.as_array().unwrap())).unwrap();
            files.push(file);
        }
        files.sort();
        Ok(files)
    }

    /// Takes leave: the exit code.
    pub fn leave(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null).unwrap();
        self.tell("exit", Value::Null);
        self.child.wait().unwrap().code()
    }

    /// Says `exit`, or closes the pipe without: the exit code.
    pub fn break_off(mut self, exit: bool) -> Option<i32> {
        if exit {
            self.tell("exit", Value::Null);
        }
        self.input = None;
        self.child.wait().unwrap().code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// A text with edits applied, positions in UTF-16, last first.
pub fn applied(text: &str, edits: &[Value]) -> String {
    let offset = |position: &Value| {
        let (line, wanted) = (position["line"].as_u64().unwrap(), position["character"].as_u64().unwrap());
        let begin: usize = text.split_inclusive('\n').take(usize::try_from(line).unwrap()).map(str::len).sum();
        let mut units = 0;
        let characters = text.get(begin..).unwrap().char_indices();
        let mut at = characters.skip_while(|(_, character)| {
            let before = units < usize::try_from(wanted).unwrap();
            units += character.len_utf16();
            before
        });
        at.next().map_or(text.len(), |(at, _)| begin + at)
    };
    let mut spans: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    spans.sort_unstable();
    let mut new = text.to_owned();
    for (start, end, piece) in spans.into_iter().rev() {
        new.replace_range(start..end, piece);
    }
    new
}

/// The position of a piece of a text, and so many characters on.
pub fn at(text: &str, piece: &str, beyond: usize) -> (usize, usize) {
    let begin = text.find(piece).unwrap_or_else(|| panic!("`{piece}` in\n{text}"));
    let before = text.get(..begin + beyond).unwrap();
    let line = before.rsplit('\n').next().unwrap();
    (before.matches('\n').count(), line.encode_utf16().count())
}
