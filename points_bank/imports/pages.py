"""Files at the branch office: looked through first, told row by row, then taken in while a page tells how far it is."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from points_bank.actor import Actor, Task
from points_bank.branches.tree import BranchLine, list_branches
from points_bank.downloads import asked_format, download
from points_bank.errors import Invalid, NotFound, PointsBankError, message
from points_bank.imports.api import (
    MOST_REPORTED,
    Outcome,
    OutcomeShape,
    RefusedShape,
    carry_out,
    outcome_shape,
    refused_shapes,
    try_out,
)
from points_bank.imports.incoming import Head, Sending
from points_bank.imports.listing import list_imports
from points_bank.imports.models import Choice, FileKind, ImportState
from points_bank.imports.report import report_of, sheet_of
from points_bank.imports.running import ImportLine, begin_import, check_sender, import_seen
from points_bank.site.forms import Form, go_to, sent_form
from points_bank.site.rendering import Page, show
from points_bank.site.visits import spoken
from points_bank.transaction import Transaction
from points_bank.web import Asking, Id, PathId, database_of, staff

MOST_SENT_BYTES = 64_000_000
"""What a form may bring; how large its file may be, a setting says."""
MOST_CARRIED_BYTES = 2_000_000
"""A file up to so large comes back with the page that tells about it; a larger one is chosen again to be taken in."""
PATIENCE_SECONDS = 3
MOST_SHOWN, MOST_BRANCHES, LATEST = 100, 500, 20

_RUNNING: set[asyncio.Task[Outcome]] = set()
"""Imports that go on behind a page; the event loop itself holds on to no task."""

NO_FILE = message("Choose a file.")
FORMS_OF_FILES = tuple(kind for kind in FileKind if kind is not FileKind.SHEET)


class SentFile(msgspec.Struct, kw_only=True):
    """`carried` is the file of the page before, in base64."""

    kind: FileKind
    branch_id: Id
    choice: Choice = Choice.GOOD_ROWS
    do: str = "check"
    carried: str | None = None
    carried_name: str | None = None


class ImportsPage(Page, frozen=True, kw_only=True):
    """The form, and what was sent before. `looked` is what would come of the file that was just looked through."""

    template: ClassVar[str] = "staff/imports.html"
    branches: Sequence[BranchLine]
    imports: Sequence[ImportLine]
    looked: OutcomeShape | None
    carried: str
    kinds: Sequence[FileKind] = FORMS_OF_FILES
    choices: Sequence[Choice] = tuple(Choice)


class ImportPage(Page, frozen=True, kw_only=True):
    """One import: how far it is, and the rows that were refused."""

    template: ClassVar[str] = "staff/import.html"
    line: ImportLine
    notes: Sequence[str]
    refused: Sequence[RefusedShape]

    @property
    def is_running(self) -> bool:
        return self.line.state is ImportState.RUNNING


@get("/staff/imports")
async def get_imports(request: Asking) -> Response[str]:
    """Where files are sent, and what became of those before."""
    return await _show(request, Form())


@post("/staff/imports", status_code=200, request_max_body_size=MOST_SENT_BYTES)
async def post_import(request: Asking) -> Response[Any]:
    """Look a file through, or take it in."""
    form = await sent_form(request)
    try:
        sent = form.read(SentFile)
        content, name = await _content(request, form, sent)
        sending = Sending(kind=sent.kind, branch_id=sent.branch_id, name=name, choice=sent.choice)
        await database_of(request).read(check_sender, sending, by=staff(request))
        if sent.do == "take":
            line = await _take(request, content, sending)
            return go_to(f"/staff/imports/{line.id}")
        outcome = await try_out(database_of(request), content, sending, by=staff(request))
    except PointsBankError as refusal:
        return await _show(request, _bare(form).refused(refusal))
    carried = base64.b64encode(content).decode() if len(content) <= MOST_CARRIED_BYTES else ""
    looked = outcome_shape(outcome, sending, spoken(request))
    return await _show(request, _bare(form, name), looked=looked, carried=carried)


@get("/staff/imports/{import_id:int}")
async def get_import(request: Asking, import_id: FromPath[PathId]) -> Response[str]:
    """How far an import is, and which rows were refused."""

    def seen(tx: Transaction, *, by: Actor) -> ImportPage:
        line = import_seen(tx, import_id, by=by)
        report = report_of(tx, import_id, most=MOST_SHOWN, by=by)
        language = spoken(request)
        return ImportPage(line=line, notes=report.told_notes(language), refused=refused_shapes(report, language))

    return show(request, await database_of(request).read(seen, by=staff(request)))


@get(["/staff/imports/{import_id:int}/report.xlsx", "/staff/imports/{import_id:int}/report.csv"])
async def get_report(request: Asking, import_id: FromPath[PathId]) -> Response[bytes]:
    """The refused rows as a file, to be corrected and sent again."""
    _, kind = asked_format(request.url.path)
    if kind is None:
        raise NotFound
    report = await database_of(request).read(report_of, import_id, most=MOST_REPORTED, by=staff(request))
    return await download(request, f"import-{import_id}-refused-rows", kind, [sheet_of(report, spoken(request))])


async def _take(request: Asking, content: bytes, sending: Sending) -> ImportLine:
    """Begin an import; a short one is waited for, a long one goes on while the page shows how far it is.

    It goes on in this process only: cut off, it goes on where it was when the same file is sent again.
    """
    database, by = database_of(request), staff(request)
    begun: asyncio.Future[ImportLine] = asyncio.get_running_loop().create_future()

    async def begin(head: Head) -> ImportLine:
        line = await database.write(begin_import, sending, head, by=by)
        begun.set_result(line)
        return line

    task = asyncio.create_task(carry_out(database, content, sending, by=by, begin=begin))
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
    either: set[asyncio.Future[Any]] = {task, begun}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not begun.done():
        begun.cancel()
        await task
    done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
    if done and task.exception() is not None:
        await task
    return begun.result()


async def _content(request: Asking, form: Form, sent: SentFile) -> tuple[bytes, str]:
    """The file that was sent, or that the page before carried, with its name."""
    upload = form.files.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        content = await upload.read()
        most_bytes = database_of(request).settings.import_limit_bytes
        if len(content) > most_bytes:
            raise Invalid({"file": message("The file has more than {most_bytes} bytes.")}, most_bytes=most_bytes)
        return content, upload.filename.replace("\\", "/").rpartition("/")[2][:200] or "file"
    if not sent.carried:
        raise Invalid({"file": NO_FILE})
    try:
        return base64.b64decode(sent.carried, validate=True), (sent.carried_name or "file")[:200]
    except binascii.Error:
        raise Invalid({"file": NO_FILE}) from None


def _bare(form: Form, name: str = "") -> Form:
    """What is shown again of a form: not the file itself."""
    kept = {key: typed for key, typed in form.values.items() if key not in {"carried", "carried_name"}}
    return Form(kept | ({"carried_name": [name]} if name else {}), key=form.key)


async def _show(request: Asking, form: Form, *, looked: OutcomeShape | None = None, carried: str = "") -> Response[str]:
    def seen(tx: Transaction, *, by: Actor) -> ImportsPage:
        paths = by.paths(Task.KEEP_MEMBERS)
        branches = list_branches(tx, under=None, limit=MOST_BRANCHES, by=by)
        return ImportsPage(
            branches=[each for each in branches if each.path.startswith(paths)],
            imports=list_imports(tx, branch_id=None, before=None, limit=LATEST, by=by)[:LATEST],
            looked=looked,
            carried=carried,
        )

    return show(request, await database_of(request).read(seen, by=staff(request)), form)


PAGES: list[Any] = [get_imports, post_import, get_import, get_report]
