"""Leaderboards over HTTP: setting boards up, editions as everyone sees them, and a member's own rank."""

from datetime import date, datetime, time
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from points_bank.clock import PeriodKind
from points_bank.downloads import asked_format, download
from points_bank.leaderboards.boards import BoardLine, create_board, list_boards
from points_bank.leaderboards.models import EditionState, Measure, Population
from points_bank.leaderboards.reading import (
    StandingsState,
    edition_shown,
    list_editions,
    own_rank,
    running_period,
)
from points_bank.leaderboards.spreadsheet import sheets_of
from points_bank.rules.rule_set import ServiceRole
from points_bank.web import (
    LARGEST_ID,
    Asking,
    Cursor,
    Id,
    Limit,
    Page,
    PathId,
    ThingName,
    anyone,
    database_of,
    id_cursor,
    language,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)

T = TypeVar("T")

TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)", examples=["09:00"])]
PeriodName = Annotated[
    str | None,
    QueryParameter(max_length=8, description="`2026-W46`, `2026-11`, `2026-Q4` or `2026`; the latest one by default."),
]


class NewBoard(msgspec.Struct, forbid_unknown_fields=True):
    """`publish_day` is a day of the month after the period (1 to 28), of the week after a week (1 is Monday)."""

    branch_id: Id
    name: ThingName
    period: PeriodKind
    measure: Measure
    top: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    publish_day: Annotated[int, msgspec.Meta(ge=1, le=28)]
    publish_time: TimeOfDay
    objection_working_days: Annotated[int, msgspec.Meta(ge=0, le=60)]
    role: ServiceRole | None = None
    population: Population = Population.EVERYONE


class BoardShape(msgspec.Struct):
    """A board; `next_due_at` is when it publishes next."""

    id: int
    branch_id: int
    name: str
    period: PeriodKind
    measure: Measure
    role: ServiceRole | None
    population: Population
    top: int
    publish_day: int
    publish_time: str
    objection_working_days: int
    next_due_at: datetime
    created_at: datetime


class EditionShape(msgspec.Struct):
    """An edition without its standings. Objections are heard until `finalises_at`."""

    board_id: int
    period: str
    state: EditionState
    due_at: datetime
    published_at: datetime
    finalises_at: datetime
    finalised_at: datetime | None
    ledger_position: int
    content_hash: str
    participants: int


class StandingShape(msgspec.Struct):
    rank: int
    display_name: str
    value: int


class NoteShape(msgspec.Struct):
    """So many participations settled on a day after the edition was due; `counts_in` names longer periods."""

    settled_on: date
    participations: int
    counts_in: list[str]


class CorrectionShape(msgspec.Struct):
    """A correction after the edition was final, which does not change it."""

    corrected_on: date
    points_before: int
    points_after: int
    minutes_before: int
    minutes_after: int
    display_name: str | None


class SealShape(msgspec.Struct):
    """The day up to which the books are sealed, and the hash that covers them; see docs/seals-and-receipts.md."""

    day: date
    head: str


class FullEditionShape(EditionShape):
    """`standings` are those who agreed to be shown, ranked among themselves; `participants` are all who took part."""

    standings: list[StandingShape]
    notes: list[NoteShape]
    corrections: list[CorrectionShape]
    seal: SealShape | None


class RunningShape(msgspec.Struct):
    """The period that runs now, worked out as it was asked for; it is published at `due_at`."""

    board_id: int
    period: str
    due_at: datetime
    standings: list[StandingShape]
    participants: int
    state: StandingsState = StandingsState.RUNNING
    published_at: datetime | None = None
    finalised_at: datetime | None = None
    notes: list[NoteShape] = []
    corrections: list[CorrectionShape] = []


class OwnRankShape(msgspec.Struct):
    """For the member alone, among all who took part, shown or not; `rank` is null for who did not."""

    board_id: int
    period: str
    state: StandingsState
    rank: int | None
    value: int
    participants: int


@post("/leaderboards", tags=["leaderboards"])
async def post_board(request: Asking, data: JSONBody[NewBoard]) -> Response[BoardShape]:
    """Set up a board, which publishes from the period on that is running now."""
    values = msgspec.structs.asdict(data) | {"publish_time": time.fromisoformat(data.publish_time)}
    answer = await write_keyed(request, BoardLine, create_board, **values, by=staff(request))
    return respond(answer, _board(answer.outcome), status_code=201)


@get("/leaderboards", tags=["leaderboards"])
async def get_boards(request: Asking, limit: Limit = 50, cursor: Cursor = None) -> Page[BoardShape]:
    """All boards, for whoever has signed in: what they publish is public."""
    anyone(request)
    found = await database_of(request).read(list_boards, after_id=id_cursor(cursor), limit=limit + 1)
    return page_of([_board(each) for each in found], limit=limit, cursor_of=lambda shown: shown.id)


@get("/leaderboards/{board_id:int}/editions", tags=["leaderboards"])
async def get_editions(
    request: Asking, board_id: FromPath[PathId], limit: Limit = 50, cursor: Cursor = None
) -> Page[EditionShape]:
    """What a board has published, newest first."""
    anyone(request)
    before_id = id_cursor(cursor) or LARGEST_ID
    found = await database_of(request).read(list_editions, board_id, before_id=before_id, limit=limit + 1)
    page = page_of(found, limit=limit, cursor_of=lambda edition: edition.id)
    return Page([_convert(each, EditionShape) for each in page.items], page.next_cursor)


@get(
    "/leaderboards/{board_id:int}/editions/{period:str}",
    tags=["leaderboards"],
    responses={200: ResponseSpec(FullEditionShape, generate_examples=False, description="The edition")},
)
async def get_edition(request: Asking, board_id: FromPath[PathId], period: FromPath[str]) -> Response[Any]:
    """An edition as published, with the names that may be shown today; a file with `.csv` or `.xlsx` at the end."""
    anyone(request)
    name, kind = asked_format(period)
    shown = await database_of(request).read(edition_shown, board_id, name)
    if kind is not None:
        return await download(request, f"board-{board_id}-{name}", kind, sheets_of(shown, language(request), kind))
    about = msgspec.structs.asdict(_convert(shown.edition, EditionShape))
    return Response(
        FullEditionShape(
            **about,
            standings=_convert(shown.standings, list[StandingShape]),
            notes=_convert(shown.notes, list[NoteShape]),
            corrections=_convert(shown.corrections, list[CorrectionShape]),
            seal=None if shown.seal is None else SealShape(shown.seal.day, shown.seal.head),
        )
    )


@get("/leaderboards/{board_id:int}/live", tags=["leaderboards"])
async def get_live(request: Asking, board_id: FromPath[PathId]) -> RunningShape:
    """The running period so far: not stored, not final."""
    anyone(request)
    return _convert(await database_of(request).read(running_period, board_id), RunningShape)


@get("/me/rank", tags=["me"])
async def get_own_rank(
    request: Asking,
    board_id: Annotated[int, QueryParameter(ge=1, le=LARGEST_ID)],
    period: PeriodName = None,
) -> OwnRankShape:
    """The caller's own rank, and how many took part. Nobody else is told."""
    found = await database_of(request).read(own_rank, board_id=board_id, period_name=period, by=member(request))
    return _convert(found, OwnRankShape)


ROUTES: list[Any] = [post_board, get_boards, get_editions, get_edition, get_live, get_own_rank]


def _board(board: BoardLine) -> BoardShape:
    values = {name: getattr(board, name) for name in BoardShape.__struct_fields__}
    return msgspec.convert(values | {"publish_time": f"{board.publish_time:%H:%M}"}, BoardShape)


def _convert(value: object, shape: type[T]) -> T:
    return msgspec.convert(value, shape, from_attributes=True)
