"""A session with `hallpass lsp` through pygls, an LSP client that knows nothing of Hallpass: prints what it is told.

python client.py HALLPASS FOLDER, where FOLDER holds copies of `policies` and `examples/district`.
"""

import asyncio
import pathlib
import sys

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

PATIENCE = 60


class Client(LanguageClient):
    def __init__(self):
        super().__init__("pygls", "2")
        self.findings, self.messages, self.news = {}, [], asyncio.Event()

        @self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _(params):
            self.findings[params.uri] = params.diagnostics
            self.news.set()

        @self.feature(lsp.WINDOW_SHOW_MESSAGE)
        def _(params):
            self.messages.append(params.message)

        @self.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def _(params):
            self.registered = [registration.method for registration in params.registrations]

    async def until(self, holds):
        while not holds():
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), PATIENCE)


async def session(hallpass, folder):
    client = Client()
    await client.start_io(hallpass, "lsp", "--directory", str(folder / "examples/district"))
    capabilities = lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(position_encodings=[lsp.PositionEncodingKind.Utf16]),
        workspace=lsp.WorkspaceClientCapabilities(
            did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
        ),
    )
    workspace = [lsp.WorkspaceFolder(uri=folder.as_uri(), name="copy")]
    begun = await client.initialize_async(
        lsp.InitializeParams(capabilities=capabilities, workspace_folders=workspace)
    )
    print("server", begun.server_info.name, begun.capabilities.position_encoding)
    client.initialized(lsp.InitializedParams())

    path = folder / "policies/misis/teacher.yaml"
    uri, text = path.as_uri(), path.read_text()
    document = lsp.TextDocumentIdentifier(uri=uri)
    item = lsp.TextDocumentItem(uri=uri, language_id="yaml", version=1, text=text)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=item))

    version = 1

    def change(new):
        nonlocal version
        version += 1
        client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                text_document=lsp.VersionedTextDocumentIdentifier(uri=uri, version=version),
                content_changes=[lsp.TextDocumentContentChangeWholeDocument(text=new)],
            )
        )

    def at(piece, of=text, beyond=0):
        before = of[: of.index(piece) + beyond]
        line = before.count("\n")
        return lsp.Position(line=line, character=len(before) - before.rfind("\n") - 1)

    change(text.replace("topics: [gradebook.entry]", "topics: [gradebook.entrie]"))
    await client.until(lambda: client.findings.get(uri))
    [finding] = client.findings[uri]
    span = finding.range
    print("finding", span.start.line, span.start.character, span.end.character, finding.message.replace("\n", " / "))
    change(text)
    await client.until(lambda: not client.findings[uri])
    print("cleared")

    writing = text.replace("topics: [gradebook.entry]", "topics: [gradebook.")
    change(writing)
    items = await client.text_document_completion_async(
        lsp.CompletionParams(text_document=document, position=at("[gradebook.\n", writing, len("[gradebook.")))
    )
    print("completion", *[item.label for item in items if item.label.startswith("gradebook.")])
    change(text)

    async def hover(position):
        found = await client.text_document_hover_async(
            lsp.HoverParams(text_document=document, position=position)
        )
        return " / ".join(line.strip() for line in found.contents.value.splitlines() if line.strip())

    print("grant", await hover(at("allow: enter\n    topics: [gradebook")))
    print("topic", await hover(at("gradebook.entry]")))

    found = await client.text_document_definition_async(
        lsp.DefinitionParams(text_document=document, position=at("gradebook.entry]"))
    )
    for location in found:
        name = pathlib.Path(location.uri.removeprefix("file://"))
        line = name.read_text().splitlines()[location.range.start.line]
        print("definition", name.name, line[location.range.start.character : location.range.end.character])

    role = at("misis.teacher")
    print("role", (await hover(role)).rsplit(" / ", 1)[1])
    place = await client.text_document_prepare_rename_async(
        lsp.PrepareRenameParams(text_document=document, position=role)
    )
    print("rename", place.placeholder)
    edit = await client.text_document_rename_async(
        lsp.RenameParams(text_document=document, position=role, new_name="misis.classroom_teacher")
    )
    for name in sorted(pathlib.Path(uri).name for uri in edit.changes):
        edits = next(edits for uri, edits in edit.changes.items() if uri.endswith("/" + name))
        print("edits", name, len(edits), {edit.new_text for edit in edits})
    print("told", client.messages[0].split(":")[0])

    untidy = text.replace("reach: section", "reach:    section  ") + "\n\n"
    change(untidy)
    edits = await client.text_document_formatting_async(
        lsp.DocumentFormattingParams(
            text_document=document, options=lsp.FormattingOptions(tab_size=4, insert_spaces=True)
        )
    )
    lines = untidy.split("\n")
    for edit in sorted(edits, key=lambda edit: edit.range.start.line, reverse=True):
        start, end = edit.range.start, edit.range.end
        head, tail = lines[start.line][: start.character], lines[end.line][end.character :]
        lines[start.line : end.line + 1] = (head + edit.new_text + tail).split("\n")
    print("formatted", "\n".join(lines) == text)

    other = folder / "policies/misis/counselor.yaml"
    other.write_text(other.read_text().replace("held_at: school", "held_at: skool"))
    client.workspace_did_change_watched_files(
        lsp.DidChangeWatchedFilesParams(changes=[lsp.FileEvent(uri=other.as_uri(), type=lsp.FileChangeType.Changed)])
    )
    await client.until(lambda: client.findings.get(other.as_uri()))
    print("on disk", client.findings[other.as_uri()][0].message.split("\n")[0])
    print("registered", *client.registered)

    await client.shutdown_async(None)
    client.exit(None)
    print("ended", await asyncio.wait_for(client._server.wait(), PATIENCE))
    await client.stop()


asyncio.run(session(sys.argv[1], pathlib.Path(sys.argv[2])))
