//! The life of a session: what may be said when, and who answers what.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gen_lsp_types::{
    CompletionOptions, CompletionParams, DefinitionParams, DefinitionProvider, DidChangeTextDocumentParams,
    DidChangeWatchedFilesParams, DidChangeWatchedFilesRegistrationOptions, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DocumentFormattingParams, DocumentFormattingProvider,
    FileSystemWatcher, GlobPattern, HoverParams, HoverProvider, InitializeParams, InitializeResult, LogMessageParams,
    MessageType, Registration, RegistrationParams, RenameOptions, RenameParams, RenameProvider, ServerCapabilities,
    ServerInfo, ShowMessageParams, TextDocumentContentChangeEvent, TextDocumentPositionParams, TextDocumentSyncKind,
    TextDocumentSyncOptions, Uri, WorkspaceFolder, WorkspaceFolders, WorkspaceFoldersServerCapabilities,
    WorkspaceOptions,
};
use lsp_server::{ErrorCode, Message, Notification, Request};
use serde_json::{Value, json};

use super::people::People;
use super::position::Encoding;
use super::wire::{Incoming, Refusal, Wire, guarded, params, result};
use super::workspace::Workspace;
use super::{Ended, Settings, complete, define, format, hover, paths, rename};

/// What may be said now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing but `initialize`.
    New,
    /// Everything.
    Serving,
    /// Nothing but `exit`.
    Leaving,
}

/// A session with one client.
pub(super) struct Session<'o> {
    wire: Wire<'o>,
    phase: Phase,
    workspace: Workspace,
    people: Option<People>,
    /// Whether the client watches files when asked to.
    watches: bool,
}

impl<'o> Session<'o> {
    pub(super) fn new(settings: Settings, out: &'o mut dyn Write) -> Self {
        let named = settings.policies.iter().map(|folder| absolute(Path::new(""), folder)).collect();
        Self {
            wire: Wire::new(out),
            phase: Phase::New,
            workspace: Workspace::new(named),
            people: settings.directory.map(People::load),
            watches: false,
        }
    }

    /// Tells what is wrong now, as far as that changed.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        let workspace = &mut self.workspace;
        match guarded(|| Ok(workspace.settle())) {
            Ok(news) => news.into_iter().try_for_each(|news| self.wire.notify("textDocument/publishDiagnostics", news)),
            Err(_) => self.log("the findings could not be worked out; they are tried again after the next change"),
        }
    }

    /// Takes one message; how the session ended, if it did.
    pub(super) fn take(&mut self, incoming: Incoming) -> io::Result<Option<Ended>> {
        match incoming {
            Incoming::Malformed(why) => self.log(&format!("a message could not be read: {why}"))?,
            Incoming::Message(Message::Request(request)) => self.asked(request)?,
            Incoming::Message(Message::Notification(told)) if told.method == "exit" => {
                return Ok(Some(if self.phase == Phase::Leaving { Ended::Properly } else { Ended::Abruptly }));
            }
            Incoming::Message(Message::Notification(told)) if self.phase == Phase::Serving => self.told(told)?,
            Incoming::Message(Message::Notification(_) | Message::Response(_)) => {}
        }
        Ok(None)
    }

    fn log(&mut self, message: &str) -> io::Result<()> {
        let params = LogMessageParams { kind: MessageType::Error, message: message.to_owned() };
        self.wire.notify("window/logMessage", params)
    }

    fn show(&mut self, kind: MessageType, message: String) -> io::Result<()> {
        self.wire.notify("window/showMessage", ShowMessageParams { kind, message })
    }

    fn asked(&mut self, request: Request) -> io::Result<()> {
        let Request { id, method, params } = request;
        let answer = match (self.phase, method.as_str()) {
            (Phase::New, "initialize") => guarded(|| self.initialize(params)),
            (Phase::New, _) => Err(Refusal::new(ErrorCode::ServerNotInitialized, "`initialize` comes first")),
            (Phase::Leaving, _) => Err(Refusal::new(ErrorCode::InvalidRequest, "the session was shut down")),
            (Phase::Serving, "initialize") => {
                Err(Refusal::new(ErrorCode::InvalidRequest, "the session was begun already"))
            }
            (Phase::Serving, "shutdown") => {
                self.phase = Phase::Leaving;
                Ok(Value::Null)
            }
            (Phase::Serving, "textDocument/rename") => {
                let renamed = guarded(|| rename::rename(&self.workspace, &self::params::<RenameParams>(params)?));
                match renamed {
                    Ok((edit, notes)) => {
                        notes.into_iter().try_for_each(|note| self.show(MessageType::Info, note))?;
                        result(edit)
                    }
                    Err(refusal) => Err(refusal),
                }
            }
            (Phase::Serving, method) => guarded(|| self.answer(method, params)),
        };
        self.wire.answer(id, answer)
    }

    fn answer(&self, method: &str, params: Value) -> Result<Value, Refusal> {
        let workspace = &self.workspace;
        let spot = |at: &TextDocumentPositionParams| workspace.spot(&at.text_document.uri, at.position);
        match method {
            "textDocument/completion" => {
                let at = self::params::<CompletionParams>(params)?.text_document_position_params;
                result(spot(&at).map(|spot| complete::complete(&spot)))
            }
            "textDocument/hover" => {
                let at = self::params::<HoverParams>(params)?.text_document_position_params;
                result(spot(&at).and_then(|spot| hover::hover(&spot, self.people.as_ref())))
            }
            "textDocument/definition" => {
                let at = self::params::<DefinitionParams>(params)?.text_document_position_params;
                result(spot(&at).map(|spot| define::definition(&spot, workspace)))
            }
            "textDocument/prepareRename" => {
                let at = self::params::<TextDocumentPositionParams>(params)?;
                result(spot(&at).and_then(|spot| rename::prepare(&spot)))
            }
            "textDocument/formatting" => {
                let uri = self::params::<DocumentFormattingParams>(params)?.text_document.uri;
                result(workspace.find(&uri).and_then(|found| format::edits(found.file, workspace.encoding)))
            }
            _ => Err(Refusal::new(ErrorCode::MethodNotFound, format!("`{method}` is not known here"))),
        }
    }

    fn told(&mut self, told: Notification) -> io::Result<()> {
        let Notification { method, params } = told;
        if method == "initialized" {
            return self.watch();
        }
        let workspace = &mut self.workspace;
        match guarded(|| hear(workspace, &method, params)) {
            Ok(()) => Ok(()),
            Err(refusal) => self.log(&format!("`{method}` is left out: {}", refusal.why())),
        }
    }

    /// Asks the client to tell of files that change on the disk.
    fn watch(&mut self) -> io::Result<()> {
        if !self.watches {
            return Ok(());
        }
        let watcher =
            FileSystemWatcher { glob_pattern: GlobPattern::Pattern("**/*.{yaml,yml}".to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
        let registration = Registration {
            id: "policies".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        self.wire.ask("client/registerCapability", RegistrationParams { registrations: vec![registration] })
    }

    fn initialize(&mut self, params: Value) -> Result<Value, Refusal> {
        let params: InitializeParams = self::params(params)?;
        let general = params.capabilities.general.as_ref();
        let encodings = general.and_then(|general| general.position_encodings.clone()).unwrap_or_default();
        self.workspace.encoding = Encoding::agreed(&encodings);
        let files = params.capabilities.workspace.as_ref().and_then(|all| all.did_change_watched_files.as_ref());
        self.watches = files.and_then(|files| files.dynamic_registration).unwrap_or(false);
        let folders = folders(&params);
        let named = named(params.initialization_options.as_ref(), folders.first())?;
        if !named.is_empty() {
            self.workspace.name(named);
        }
        self.workspace.folders(folders.into_iter(), &[]);
        self.phase = Phase::Serving;
        let server_info =
            ServerInfo { name: "hallpass".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) };
        let capabilities = capabilities(self.workspace.encoding);
        result(InitializeResult { capabilities, server_info: Some(server_info) })
    }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    let triggers = ["[", "{", ",", " ", "."].map(str::to_owned).to_vec();
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::Full),
        ..TextDocumentSyncOptions::default()
    };
    let folders = WorkspaceFoldersServerCapabilities { supported: Some(true), change_notifications: Some(true.into()) };
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(sync.into()),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(triggers),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProvider::Bool(true)),
        definition_provider: Some(DefinitionProvider::Bool(true)),
        rename_provider: Some(RenameProvider::RenameOptions(RenameOptions {
            prepare_provider: Some(true),
            ..RenameOptions::default()
        })),
        document_formatting_provider: Some(DocumentFormattingProvider::Bool(true)),
        workspace: Some(WorkspaceOptions { workspace_folders: Some(folders), ..WorkspaceOptions::default() }),
        ..ServerCapabilities::default()
    }
}

/// Takes what is told of files and folders.
fn hear(workspace: &mut Workspace, method: &str, params: Value) -> Result<(), Refusal> {
    match method {
        "textDocument/didOpen" => {
            let opened = self::params::<DidOpenTextDocumentParams>(params)?.text_document;
            workspace.edited(opened.uri, opened.version, opened.text);
        }
        "textDocument/didChange" => changed(workspace, self::params(params)?)?,
        "textDocument/didClose" => {
            workspace.closed(&self::params::<DidCloseTextDocumentParams>(params)?.text_document.uri);
        }
        "workspace/didChangeWatchedFiles" => {
            let changes = self::params::<DidChangeWatchedFilesParams>(params)?.changes;
            workspace.on_disk(changes.iter().map(|change| &change.uri));
        }
        "workspace/didChangeWorkspaceFolders" => {
            let event = self::params::<DidChangeWorkspaceFoldersParams>(params)?.event;
            let removed: Vec<PathBuf> = event.removed.iter().filter_map(|folder| paths::path(&folder.uri)).collect();
            workspace.folders(event.added.iter().filter_map(|folder| paths::path(&folder.uri)), &removed);
        }
        _ => {}
    }
    Ok(())
}

/// Takes what a buffer holds now. Of one that is told of in parts, though whole texts were asked for, nothing is known
/// until its next whole text.
fn changed(workspace: &mut Workspace, changed: DidChangeTextDocumentParams) -> Result<(), Refusal> {
    let (uri, version) = (changed.text_document.text_document_identifier.uri, changed.text_document.version);
    match changed.content_changes.into_iter().next_back() {
        Some(TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole)) => {
            workspace.edited(uri, version, whole.text);
            Ok(())
        }
        Some(TextDocumentContentChangeEvent::TextDocumentContentChangePartial(_)) => {
            workspace.closed(&uri);
            let why = "it names a range, and whole texts were asked for: until one comes, the file on the disk counts";
            Err(Refusal::new(ErrorCode::InvalidParams, why))
        }
        None => Ok(()),
    }
}

/// The folders of the client, by whichever of the protocol's ways it names them.
#[expect(deprecated, reason = "older clients name their folder so")]
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let uris: Vec<Uri> = match &params.workspace_folders_initialize_params.workspace_folders {
        Some(WorkspaceFolders::WorkspaceFolderList(list)) => {
            list.iter().map(|WorkspaceFolder { uri, .. }| uri.clone()).collect()
        }
        Some(WorkspaceFolders::Null) | None => params.root_uri.clone().into_iter().collect(),
    };
    uris.iter().filter_map(paths::path).collect()
}

/// The option `policies`: a folder or several, from the client's own folder where they are relative.
fn named(options: Option<&Value>, folder: Option<&PathBuf>) -> Result<Vec<PathBuf>, Refusal> {
    let Some(policies) = options.and_then(|options| options.get("policies")).filter(|value| !value.is_null()) else {
        return Ok(Vec::new());
    };
    let listed = if policies.is_array() { policies.clone() } else { json!([policies]) };
    let named: Vec<PathBuf> = params(listed)?;
    let base = folder.map_or(Path::new(""), PathBuf::as_path);
    Ok(named.iter().map(|named| absolute(base, named)).collect())
}

fn absolute(base: &Path, path: &Path) -> PathBuf {
    let joined = base.join(path);
    paths::plain(&std::path::absolute(&joined).unwrap_or(joined))
}
