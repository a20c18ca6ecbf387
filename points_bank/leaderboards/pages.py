"""Boards for everyone: the hall, a board with its editions, posters to print, and a screen for the wall."""

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from litestar.response import ServerSentEvent

from points_bank.clock import Period, parse_period
from points_bank.downloads import asked_format, download
from points_bank.errors import NotFound
from points_bank.leaderboards.boards import board_of
from points_bank.leaderboards.display import Shown
from points_bank.leaderboards.hall import BoardView, Hall, board_view, hall, live_view, mark_of
from points_bank.leaderboards.spreadsheet import sheets_of
from points_bank.rules.rule_set import ServiceRole
from points_bank.site.rendering import Page, is_part_asked, show
from points_bank.site.visits import spoken
from points_bank.web import Asking, PathId, QueryId, database_of, origin_of

Role = Annotated[ServiceRole | None, QueryParameter()]
Paper = Annotated[Literal["a4", "a3"], QueryParameter()]


class HallPage(Page, frozen=True, kw_only=True):
    """Boards to choose from; `role` is the only one that is shown."""

    template: ClassVar[str] = "boards/hall.html"
    hall: Hall
    role: ServiceRole | None


class BoardPage(Page, frozen=True, kw_only=True):
    """One period of a board. `share` is by line how much of the first one's value it has, from 0 to 100."""

    template: ClassVar[str] = "boards/board.html"
    view: BoardView
    first_on: date
    last_on: date
    lines: list[tuple[Shown, int]]
    participants: int


class PosterPage(BoardPage, frozen=True, kw_only=True):
    """A board to print and post; `address` leads to its page."""

    template: ClassVar[str] = "boards/poster.html"
    paper: str
    address: str


class WallPage(BoardPage, frozen=True, kw_only=True):
    """The running period for a screen that nobody touches."""

    template: ClassVar[str] = "boards/wall.html"


class WallPart(BoardPage, frozen=True, kw_only=True):
    """What of the wall changes."""

    template: ClassVar[str] = "boards/standings.html"


@get("/boards")
async def get_hall(request: Asking, branch_id: QueryId = None, role: Role = None) -> Response[str]:
    """All boards of a branch."""
    found = await database_of(request).read(hall, branch_id=branch_id, role=role)
    return show(request, HallPage(hall=found, role=role))


@get("/boards/{board_id:int}")
async def get_board(request: Asking, board_id: FromPath[PathId]) -> Response[str]:
    """The newest edition of a board."""
    view = await database_of(request).read(board_view, board_id, period_name=None)
    return show(request, BoardPage(**_of(view)))


@get("/boards/{board_id:int}/live")
async def get_live_board(request: Asking, board_id: FromPath[PathId]) -> Response[str]:
    """The running period of a board, so far."""
    return show(request, BoardPage(**_of(await database_of(request).read(live_view, board_id))))


@get("/boards/{board_id:int}/{period:str}")
async def get_edition_page(request: Asking, board_id: FromPath[PathId], period: FromPath[str]) -> Response[Any]:
    """An edition of a board; as a file with `.csv` or `.xlsx` at the end."""
    name, kind = asked_format(period)
    view = await database_of(request).read(board_view, board_id, period_name=name)
    if kind is not None:
        assert view.edition is not None, "published"
        sheets = sheets_of(view.edition, spoken(request), kind)
        return await download(request, f"board-{board_id}-{name}", kind, sheets)
    return show(request, BoardPage(**_of(view)))


@get("/boards/{board_id:int}/{period:str}/poster")
async def get_poster(
    request: Asking, board_id: FromPath[PathId], period: FromPath[str], paper: Paper = "a4"
) -> Response[str]:
    """An edition to print for the notice board, with a QR code that leads to its page."""
    view = await database_of(request).read(board_view, board_id, period_name=period)
    address = f"{str(request.base_url).rstrip('/')}/boards/{board_id}/{view.period}"
    return show(request, PosterPage(**_of(view), paper=paper, address=address))


@get("/boards/{board_id:int}/wall")
async def get_wall(request: Asking, board_id: FromPath[PathId]) -> Response[str]:
    """The running period for a screen on the wall; htmx asks for the part that changes."""
    view = await database_of(request).read(live_view, board_id)
    page = WallPart(**_of(view)) if is_part_asked(request) else WallPage(**_of(view))
    return show(request, page)


@get("/boards/{board_id:int}/events")
async def get_events(request: Asking, board_id: FromPath[PathId]) -> ServerSentEvent:
    """Tells a wall when what it shows has changed. The stream ends within a minute; browsers open another one."""
    database, streams = database_of(request), request.app.state.streams
    await database.read(board_of, board_id)  # one that is not there is refused before the stream begins

    async def look() -> str:
        return mark_of(await database.read(live_view, board_id))

    changes = streams.open(f"board:{board_id}", look, address=origin_of(request).address)
    return ServerSentEvent(changes, event_type="changed")


def _of(view: BoardView) -> dict[str, Any]:
    """The fields of a board's page."""
    period = _period(view.period)
    if view.edition is not None:
        standings, participants = view.edition.standings, view.edition.edition.participants
    else:
        assert view.running is not None, "one of the two"
        standings, participants = view.running.standings, view.running.participants
    most = max((line.value for line in standings), default=0)
    return {
        "view": view,
        "first_on": period.first_on,
        "last_on": period.last_on,
        "lines": [(line, round(100 * line.value / most) if most else 0) for line in standings],
        "participants": participants,
    }


def _period(name: str) -> Period:
    period = parse_period(name)
    if period is None:
        raise NotFound
    return period


PAGES: list[Any] = [
    get_hall,
    get_board,
    get_live_board,
    get_edition_page,
    get_poster,
    get_wall,
    get_events,
]
