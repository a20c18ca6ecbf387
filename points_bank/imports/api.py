"""Files over HTTP, and how one is carried out act by act, for the command line too."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec.structs import replace

from points_bank.actor import Actor
from points_bank.clock import day_of
from points_bank.database import Database
from points_bank.downloads import asked_format, download
from points_bank.errors import Busy, NotFound
from points_bank.i18n import Language
from points_bank.idempotency import Answer
from points_bank.imports.beside import open_file
from points_bank.imports.checking import Look
from points_bank.imports.content import limits_of
from points_bank.imports.finding import NOBODY_FOUND
from points_bank.imports.forgetting import forget_refused_rows
from points_bank.imports.headings import Fault
from points_bank.imports.incoming import File, Head, Part, Reading, Sending, joined
from points_bank.imports.kinds import KINDS
from points_bank.imports.listing import list_imports
from points_bank.imports.models import Choice, FileKind, ImportState
from points_bank.imports.pace import Pace
from points_bank.imports.report import LoggedSheet, Report, logged_of, report_of, sheet_of, told_faults, twins_of
from points_bank.imports.running import (
    ImportLine,
    begin_import,
    check_sender,
    end_import,
    import_part,
    import_seen,
    refuse_import,
)
from points_bank.members.finding import CARD_GUESS
from points_bank.members.twins import PossibleTwins
from points_bank.spreadsheets import FileFormat
from points_bank.staff.tries import check_guesses, remember_guesses
from points_bank.uploads import file_sent
from points_bank.web import (
    LARGEST_ID,
    TAKES_FILES,
    Asking,
    Cursor,
    Limit,
    Page,
    PathId,
    QueryId,
    database_of,
    id_cursor,
    language,
    page_of,
    respond,
    staff,
    write_keyed,
)

MOST_TOLD = 200
"""Refused rows told in an answer; the report has all that are kept."""
MOST_REPORTED = 10_000

Telling = Callable[[int, int], None]
"""Is told how many rows are done, and of about how many."""
Beginning = Callable[[Head], Awaitable[ImportLine]]


class Outcome(msgspec.Struct, frozen=True):
    """What came of a file. `line` is None after a dry run; `refused_rows` counts all, the report may have fewer."""

    line: ImportLine | None
    new_rows: int
    known_rows: int
    refused_rows: int
    report: Report
    twins: Sequence[PossibleTwins] = ()
    logged: LoggedSheet | None = None


async def carry_out(
    database: Database,
    content: bytes,
    sending: Sending,
    *,
    by: Actor,
    begin: Beginning | None = None,
    rows_of_a_part: int | None = None,
    pace: Pace | None = None,
    tell: Telling = lambda done, expected: None,
) -> Outcome:
    """Import a file, or go on with it where it was cut off."""
    await _check_guesses(database, sending, by)
    async with _opened(database, content, sending, rows_of_a_part) as file:
        head = file.head
        line = await (begin(head) if begin else database.write(begin_import, sending, head, by=by))
        if line.state is ImportState.RUNNING and line.choice is Choice.ALL_OR_NOTHING and line.rows_done == 0:
            look = await _look(database, file, sending, by, tell)
            if look.refused_rows:
                line = await database.write(refuse_import, line.id, look.in_order(), by=by)
        if line.state is ImportState.RUNNING:
            line = await _take(database, file, line, by, pace or Pace(KINDS[sending.kind].most_parts), tell)
    report = await database.read(report_of, line.id, most=MOST_REPORTED, by=by)
    twins = await database.read(twins_of, line.id, most=MOST_TOLD, by=by)
    logged = await database.read(logged_of, line.id, by=by)
    refused = max(line.refused_rows, len(report.rows))
    await _count_guesses(database, sending, report, by)
    return Outcome(line, line.new_rows, line.known_rows, refused, report, twins, logged)


async def try_out(
    database: Database,
    content: bytes,
    sending: Sending,
    *,
    by: Actor,
    tell: Telling = lambda done, expected: None,
) -> Outcome:
    """What would come of a file: every row is read and checked, and nothing is written."""
    await _check_guesses(database, sending, by)
    async with _opened(database, content, sending) as file:
        look = await _look(database, file, sending, by, tell)
        await _count_guesses(database, sending, look.report(file.head), by)
        new_rows = 0 if look.refused_rows and sending.is_whole else look.new_rows
        return Outcome(None, new_rows, look.known_rows, look.refused_rows, look.report(file.head))


async def _check_guesses(database: Database, sending: Sending, by: Actor) -> None:
    """A sheet, on which anybody's card may stand, is no way around the measure of cards that nobody has."""
    if sending.kind is FileKind.SHEET:
        await database.read(check_guesses, CARD_GUESS, by=by)


async def _count_guesses(database: Database, sending: Sending, report: Report, by: Actor) -> None:
    unknown = sum(Fault("card_no", NOBODY_FOUND) in row.faults for row in report.rows)
    if unknown and sending.kind is FileKind.SHEET:
        await database.write(remember_guesses, CARD_GUESS, times=unknown, by=by)


@asynccontextmanager
async def _opened(
    database: Database, content: bytes, sending: Sending, rows_of_a_part: int | None = None
) -> AsyncIterator[File]:
    settings = database.settings
    rows = rows_of_a_part or KINDS[sending.kind].rows_of_a_part
    today = day_of(database.clock.now(), settings.zone)
    file = await asyncio.to_thread(open_file, Reading(content, sending, limits_of(settings), today, rows))
    try:
        yield file
    finally:
        await asyncio.to_thread(file.close)


async def _look(database: Database, file: File, sending: Sending, by: Actor, tell: Telling) -> Look:
    look, parts = Look(), file.parts()
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        await database.read(look.at, sending, part, by=by)
        tell(look.rows_done, file.head.expected_rows)
    return look


async def _take(database: Database, file: File, line: ImportLine, by: Actor, pace: Pace, tell: Telling) -> ImportLine:
    """Carry out what is left of a file, in steps as large as they may be at the moment."""
    parts = file.parts(done=line.rows_done)
    while (part := await asyncio.to_thread(joined, parts, pace.parts)) is not None:
        started = time.monotonic()
        line = await _carry_out(database, line.id, part, by)
        pace.after(seconds=time.monotonic() - started, is_quiet=database.is_quiet)
        tell(line.rows_done, file.head.expected_rows)
    return await database.write(end_import, line.id, rows_done=line.rows_done, by=by)


async def _carry_out(database: Database, import_id: int, part: Part, by: Actor) -> ImportLine:
    """Carry out a part; in halves where the machine has become so slow that an act's time does not suffice for it."""
    try:
        return await database.write_patiently(import_part, import_id, part, by=by)
    except Busy:
        if len(part.rows) == 1:
            raise
    first, second = part.halves()
    await _carry_out(database, import_id, first, by)
    return await _carry_out(database, import_id, second, by)


class RefusedShape(msgspec.Struct):
    """A refused row: its number, the first column that is wrong with its heading, and everything that is wrong."""

    row: int
    column: str | None
    reason: str


class OutcomeShape(msgspec.Struct):
    """What came of a file. `id` is null after a dry run; `refused` lists the first refused rows, the report all.

    `twins` are new members who may be older ones a second time; `POST /members/{id}/merger` makes one of two. A
    sign-in sheet becomes the activity `activity_id`; `held_rows` of it overlap with other service and wait.
    """

    id: int | None
    kind: FileKind
    name: str
    branch_id: int
    choice: Choice
    state: ImportState | None
    new_rows: int
    known_rows: int
    refused_rows: int
    notes: list[str]
    refused: list[RefusedShape]
    twins: list[PossibleTwins]
    activity_id: int | None = None
    held_rows: int | None = None


FileName = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=200, description="Under what name it is kept; by default as a form names it."
    ),
]


@post("/imports", tags=["imports"], opt=TAKES_FILES, request_max_body_size=None)
async def post_import(
    request: Asking,
    kind: FromQuery[FileKind],
    branch_id: Annotated[int, QueryParameter(ge=1, le=LARGEST_ID)],
    name: FileName = None,
    choice: FromQuery[Choice] = Choice.GOOD_ROWS,
    is_dry_run: FromQuery[bool] = False,
    report: FromQuery[FileFormat | None] = None,
) -> Response[Any]:
    """Import the file that is the body, or the field `file` of a form, or go on with it where it was cut off: the same
    file twice changes nothing.

    A dry run reads every row and writes nothing. With `report` the answer is the file of refused rows.
    """
    by, database = staff(request), database_of(request)
    sending = Sending(kind=kind, branch_id=branch_id, name=name or "file", choice=choice)
    await database.read(check_sender, sending, by=by)
    sent = await file_sent(request, most_bytes=database.settings.import_limit_bytes)
    content, sending = sent.content, replace(sending, name=name or sent.name or "file")
    answers: list[Answer[ImportLine]] = []

    async def begin(head: Head) -> ImportLine:
        content = head.content_hash + choice.encode()
        answer = await write_keyed(request, ImportLine, begin_import, sending, head, content=content, by=by)
        answers.append(answer)
        return await database.read(import_seen, answer.outcome.id, by=by)

    if is_dry_run:
        outcome = await try_out(database, content, sending, by=by)
    else:
        outcome = await carry_out(database, content, sending, by=by, begin=begin)
    if report is not None:
        return await download(request, "refused-rows", report, [sheet_of(outcome.report, language(request))])
    told = outcome_shape(outcome, sending, language(request))
    return respond(answers[0], told, status_code=201) if answers else Response(told, status_code=200)


@get("/imports", tags=["imports"])
async def get_imports(
    request: Asking, branch_id: QueryId = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[ImportLine]:
    """Imports for the caller's branches, newest first."""
    found = await database_of(request).read(
        list_imports, branch_id=branch_id, before=id_cursor(cursor), limit=limit, by=staff(request)
    )
    return page_of(found, limit=limit, cursor_of=lambda shown: shown.id)


@get("/imports/{import_id:int}", tags=["imports"])
async def get_import(request: Asking, import_id: FromPath[PathId]) -> ImportLine:
    """An import as it stands."""
    return await database_of(request).read(import_seen, import_id, by=staff(request))


@get("/imports/{import_id:int}/{file:str}", tags=["imports"])
async def get_report(
    request: Asking, import_id: FromPath[PathId], file: FromPath[str], limit: Limit = 50, cursor: Cursor = None
) -> Response[Any]:
    """`report`: an import's refused rows; with `.csv` or `.xlsx` at its end a file to correct and send again."""
    part, kind = asked_format(file)
    if part != "report":
        raise NotFound
    after, spoken = id_cursor(cursor) or 0, language(request)
    most = limit + 1 if kind is None else MOST_REPORTED
    report = await database_of(request).read(report_of, import_id, after=after, most=most, by=staff(request))
    if kind is not None:
        return await download(request, f"import-{import_id}-refused-rows", kind, [sheet_of(report, spoken)])
    rows = refused_shapes(report, spoken)
    return Response(page_of(rows, limit=limit, cursor_of=lambda row: row.row))


@delete("/imports/{import_id:int}/{file:str}", tags=["imports"])
async def delete_report(request: Asking, import_id: FromPath[PathId], file: FromPath[str]) -> None:
    """`report`: forget the refused rows of an import, once they are corrected; how many they were stays known."""
    if file != "report":
        raise NotFound
    await database_of(request).write(forget_refused_rows, import_id, by=staff(request))


ROUTES: list[Any] = [post_import, get_imports, get_import, get_report, delete_report]


def outcome_shape(outcome: Outcome, sending: Sending, spoken: Language) -> OutcomeShape:
    line = outcome.line
    return OutcomeShape(
        id=line.id if line else None,
        kind=sending.kind,
        name=line.name if line else sending.name,
        branch_id=sending.branch_id,
        choice=line.choice if line else Choice.ALL_OR_NOTHING if sending.is_whole else sending.choice,
        state=line.state if line else None,
        new_rows=outcome.new_rows,
        known_rows=outcome.known_rows,
        refused_rows=outcome.refused_rows,
        notes=outcome.report.told_notes(spoken),
        refused=refused_shapes(outcome.report, spoken)[:MOST_TOLD],
        twins=list(outcome.twins),
        activity_id=outcome.logged.activity_id if outcome.logged else None,
        held_rows=outcome.logged.held_rows if outcome.logged else None,
    )


def refused_shapes(report: Report, spoken: Language) -> list[RefusedShape]:
    return [
        RefusedShape(row.number, report.column_of(row.faults[0]), told_faults(row.faults, spoken))
        for row in report.rows
    ]
