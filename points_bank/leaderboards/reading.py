"""Reading boards: editions as published, the running period, and a member's own rank."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor
from points_bank.clock import parse_period, period_of
from points_bank.columns import given
from points_bank.errors import Invalid, NotFound, message
from points_bank.leaderboards.aftermath import LaterCorrection, LateService, late_service, later_corrections
from points_bank.leaderboards.boards import BoardLine, board_of, due_at_of
from points_bank.leaderboards.display import Shown, shown_of
from points_bank.leaderboards.editions import EDITION, STANDING
from points_bank.leaderboards.models import EditionState, Measure
from points_bank.leaderboards.standings import Scope, earned, scope_of
from points_bank.ledger.seal import SealLine, latest_seal
from points_bank.transaction import Transaction

NOT_A_PERIOD = message("Not a period of this board.")


class StandingsState(StrEnum):
    """Of a period on a board: still running, published and open to objections, or final."""

    RUNNING = "running"
    PROVISIONAL = "provisional"
    FINAL = "final"


class EditionLine(msgspec.Struct, frozen=True):
    """An edition without its standings. `participants` counts everyone, shown or not."""

    id: int
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


class ShownEdition(msgspec.Struct, frozen=True):
    """An edition as everyone may see it; `seal` is the newest that had been made of the books it was counted from."""

    edition: EditionLine
    measure: Measure
    standings: list[Shown]
    notes: list[LateService]
    corrections: list[LaterCorrection]
    seal: SealLine | None


class RunningPeriod(msgspec.Struct, frozen=True):
    """The period that runs now, as far as it has settled; it is published at `due_at`."""

    board_id: int
    period: str
    due_at: datetime
    standings: list[Shown]
    participants: int


class OwnRank(msgspec.Struct, frozen=True):
    """A member's rank among all who took part, shown or not; `rank` is null for who did not."""

    board_id: int
    period: str
    state: StandingsState
    rank: int | None
    value: int
    participants: int


_COLUMNS = [EDITION.c[name] for name in EditionLine.__struct_fields__]
_ONE = sa.select(*_COLUMNS).where(*given(EDITION, "board_id", "period"))
_LATEST = sa.select(*_COLUMNS).where(*given(EDITION, "board_id")).order_by(EDITION.c.id.desc()).limit(1)
_LIST = (
    sa.select(*_COLUMNS)
    .where(*given(EDITION, "board_id"), EDITION.c.id < sa.bindparam("before_id"))
    .order_by(EDITION.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_PUBLISHED = (
    sa.select(STANDING.c.member_id, STANDING.c.value).where(STANDING.c.edition_id == sa.bindparam("edition_id"))
).subquery("published")


def list_editions(tx: Transaction, board_id: int, *, before_id: int, limit: int) -> Sequence[EditionLine]:
    """What a board has published, newest first, from the edition on that comes before `before_id`."""
    board = board_of(tx, board_id)
    return [_edition(row) for row in tx.all(_LIST, board_id=board.id, before_id=before_id, limit=limit)]


def edition_shown(tx: Transaction, board_id: int, period_name: str) -> ShownEdition:
    """What a board published of a period. Refuses `not_found` before it has."""
    board = board_of(tx, board_id)
    edition, period = _find(tx, board, period_name), parse_period(period_name)
    if edition is None or period is None:
        raise NotFound
    standings = shown_of(tx, _PUBLISHED, {"edition_id": edition.id}, top=board.top)
    corrections: list[LaterCorrection] = []
    if edition.finalised_at is not None:
        names = {line.member_id: line.display_name for line in standings}
        corrections = later_corrections(
            tx, board, period, settled_by=edition.due_at, after=edition.finalised_at, names=names
        )
    notes = late_service(tx, board, period, settled_after=edition.due_at)
    seal = latest_seal(tx, up_to_transfer_id=edition.ledger_position)
    return ShownEdition(edition, board.measure, standings, notes, corrections, seal)


def running_period(tx: Transaction, board_id: int) -> RunningPeriod:
    """The standings of the period that runs now, by what has settled so far; worked out anew each time."""
    board = board_of(tx, board_id)
    period = period_of(tx.today, board.period)
    scope, values = scope_of(tx, board, period)
    values["settled_by"] = tx.now
    shown = shown_of(tx, _running(scope), values, top=board.top)
    participants = tx.scalar(_count(_running(scope)), **values)
    return RunningPeriod(board.id, period.name, due_at_of(tx, board, period), shown, participants)


def own_rank(tx: Transaction, *, board_id: int, period_name: str | None, by: Actor) -> OwnRank:
    """The member's own rank in a period: without one, in the latest that is published, or else in the running one.

    Refuses `not_found` for a period that has ended and is not published yet.
    """
    board = board_of(tx, board_id)
    if period_name is not None:
        asked_for = parse_period(period_name)
        if asked_for is None or asked_for.kind is not board.period:
            raise Invalid({"period": NOT_A_PERIOD})
    edition = _find(tx, board, period_name)
    if edition is not None:
        values = {"edition_id": edition.id}
        place, value = _place(tx, _PUBLISHED, values, by)
        state = StandingsState(edition.state.value)
        return OwnRank(board.id, edition.period, state, place, value, edition.participants)
    period = period_of(tx.today, board.period)
    if period_name not in {None, period.name}:
        raise NotFound
    scope, running = scope_of(tx, board, period)
    running["settled_by"] = tx.now
    place, value = _place(tx, _running(scope), running, by)
    participants = tx.scalar(_count(_running(scope)), **running)
    return OwnRank(board.id, period.name, StandingsState.RUNNING, place, value, participants)


def _find(tx: Transaction, board: BoardLine, period_name: str | None) -> EditionLine | None:
    """The edition of a period, or the latest one."""
    if period_name is None:
        row = tx.maybe(_LATEST, board_id=board.id)
    else:
        row = tx.maybe(_ONE, board_id=board.id, period=period_name)
    return None if row is None else _edition(row)


def _edition(row: Any) -> EditionLine:
    return EditionLine(*row)


def _place(tx: Transaction, standings: sa.FromClause, values: Mapping[str, Any], by: Actor) -> tuple[int | None, int]:
    """A member's rank and value: one more than there are greater values."""
    row = tx.one(_own(standings), **values, own_id=by.member_id)
    return (None, 0) if row.value is None else (row.greater + 1, row.value)


@cache
def _running(scope: Scope) -> sa.FromClause:
    # A common table, because it is looked at twice in one statement and is worked out from many lines.
    return earned(scope).cte("running")


@cache
def _own(standings: sa.FromClause) -> sa.Select[tuple[int, int]]:
    own = sa.select(standings.c.value).where(standings.c.member_id == sa.bindparam("own_id")).scalar_subquery()
    greater = sa.select(sa.func.count()).select_from(standings).where(standings.c.value > own).scalar_subquery()
    return sa.select(own.label("value"), greater.label("greater"))


@cache
def _count(standings: sa.FromClause) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(standings)
