"""Editions: a board publishes each period once, takes in what objections lead to, and is final after them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.models import Correction
from points_bank.actor import SYSTEM
from points_bank.branches.calendar import end_of_working_days
from points_bank.clock import Period, day_of, parse_period, start_of_day
from points_bank.columns import BigInt, table_of
from points_bank.job_runs import claim
from points_bank.leaderboards.boards import BOARD, COLUMNS, BoardLine, board_line, board_of, due_at_of
from points_bank.leaderboards.gathering import Draft, Standings
from points_bank.leaderboards.models import Edition, EditionState, Standing
from points_bank.leaderboards.standings import LINE, Scope, earned, scope_of
from points_bank.ledger.position import ledger_position
from points_bank.transaction import Transaction

EDITION, STANDING = table_of(Edition), table_of(Standing)
CORRECTION = table_of(Correction)

_IS_PROVISIONAL = EDITION.c.state == EditionState.PROVISIONAL

_NEXT_PUBLICATION = sa.select(sa.func.min(BOARD.c.next_due_at))
_TO_PUBLISH = (
    sa.select(*COLUMNS)
    .where(BOARD.c.next_due_at <= sa.bindparam("due_at"))
    .order_by(BOARD.c.next_due_at, BOARD.c.id)
    .limit(1)
)
_ADVANCE = (
    sa.update(BOARD)
    .where(BOARD.c.id == sa.bindparam("board_id"))
    .values(next_period_on=sa.bindparam("period_on"), next_due_at=sa.bindparam("due_at"))
)
_ADD_STANDINGS = sa.insert(STANDING)
_ADD = sa.insert(EDITION).returning(EDITION.c.id)
_NEXT_FINALISATION = sa.select(sa.func.min(EDITION.c.finalises_at)).where(_IS_PROVISIONAL)
_TO_FINALISE = (
    sa.select(EDITION)
    .where(_IS_PROVISIONAL, EDITION.c.finalises_at <= sa.bindparam("due_at"))
    .order_by(EDITION.c.finalises_at, EDITION.c.id)
    .limit(1)
)
_FINALISE = (
    sa.update(EDITION)
    .where(EDITION.c.id == sa.bindparam("edition_id"))
    .values(state=EditionState.FINAL, finalised_at=sa.bindparam("now"))
)
_SEAL = (
    sa.update(EDITION)
    .where(EDITION.c.id == sa.bindparam("edition_id"))
    .values(
        ledger_position=sa.bindparam("position"),
        content_hash=sa.bindparam("digest"),
        participants=sa.bindparam("count"),
    )
)
_STANDINGS = (
    sa.select(STANDING.c.member_id, STANDING.c.value)
    .where(STANDING.c.edition_id == sa.bindparam("edition_id"))
    .order_by(STANDING.c.member_id)
)
_TAKE_OUT = sa.delete(STANDING).where(
    STANDING.c.edition_id == sa.bindparam("from_id"),
    STANDING.c.member_id.in_(sa.bindparam("member_ids", expanding=True)),
)
_OPEN_FOR_OBJECTIONS = (
    sa.select(EDITION.c.id, EDITION.c.due_at, EDITION.c.finalises_at, BOARD.c.objection_working_days)
    .join_from(EDITION, BOARD, BOARD.c.id == EDITION.c.board_id)
    .where(_IS_PROVISIONAL)
)
_MOVE_FINALISATION = (
    sa.update(EDITION).where(EDITION.c.id == sa.bindparam("edition_id")).values(finalises_at=sa.bindparam("ends_at"))
)


def next_publication(tx: Transaction) -> datetime | None:
    """When the next board goes up, past or to come."""
    at: datetime | None = tx.scalar(_NEXT_PUBLICATION)
    return at


def publish_due(tx: Transaction, *, due_at: datetime, gathered: Draft | None = None) -> int:
    """Publish one period of the board that has been due longest at `due_at`; the next period is due after that.

    What was `gathered` for that instant is taken as it is where it still holds.
    """
    row = tx.maybe(_TO_PUBLISH, due_at=due_at)
    if row is None:
        return 0
    board = board_line(row)
    period = board.next_period
    if claim(tx, f"publish:{board.id}", period.name, due_at=board.next_due_at):
        standings = gathered.of(tx, board) if gathered and board.next_due_at == due_at else None
        _publish(tx, board, period, standings)
    following = period.next()
    tx.run(_ADVANCE, board_id=board.id, period_on=following.first_on, due_at=due_at_of(tx, board, following))
    return 1


def next_finalisation(tx: Transaction) -> datetime | None:
    """When the next edition becomes final, past or to come."""
    at: datetime | None = tx.scalar(_NEXT_FINALISATION)
    return at


def finalise_due(tx: Transaction, *, due_at: datetime) -> int:
    """Make one edition final whose time for objections ended by `due_at`.

    Corrections approved since it was published are taken in, with a new ledger position and hash; without any, both
    stay. From then on its standings never change.
    """
    edition = tx.maybe(_TO_FINALISE, due_at=due_at)
    if edition is None:
        return 0
    if claim(tx, f"finalise:{edition.board_id}", edition.period, due_at=edition.finalises_at):
        _take_corrections(tx, edition)
    tx.run(_FINALISE, edition_id=edition.id, now=tx.now)
    audit.note(tx, SYSTEM, f"edition:{edition.id}", "state")
    return 1


def reschedule_objections(tx: Transaction) -> int:
    """Reckon the end of every running time for objections again, after a calendar was loaded; how many moved.

    None ends before now, so that nothing becomes final in the past.
    """
    moved = 0
    for row in tx.all(_OPEN_FOR_OBJECTIONS):
        ends_at = _objections_end_at(tx, row.due_at, row.objection_working_days)
        if ends_at != row.finalises_at:
            tx.run(_MOVE_FINALISATION, edition_id=row.id, ends_at=max(ends_at, tx.now))
            moved += 1
    return moved


def standings_in(tx: Transaction, edition_id: int) -> Sequence[tuple[int, int]]:
    """All of an edition's standings as (member id, value), by member id."""
    return [(row.member_id, row.value) for row in tx.all(_STANDINGS, edition_id=edition_id)]


def content_hash(board_id: int, period: str, ledger_position: int, standings: Sequence[tuple[int, int]]) -> str:
    """SHA-256, as hex, of an edition's content as canonical JSON: sorted names, no spaces, UTF-8.

    It covers what was counted and where the books stood, as in
    `{"board_id":3,"ledger_position":812,"period":"2026-11","standings":[[7,100],[9,55]]}` with (member id, value) by
    member id. State, times and names are not in it: a name is joined when an edition is read.
    """
    content = {"board_id": board_id, "ledger_position": ledger_position, "period": period, "standings": standings}
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def _publish(tx: Transaction, board: BoardLine, period: Period, standings: Standings | None) -> None:
    """Write an edition of what had settled when it was due, also where it is published later."""
    edition_id = tx.scalar(
        _ADD, board_id=board.id, period=period.name, state=EditionState.PROVISIONAL, due_at=board.next_due_at,
        published_at=tx.now, finalises_at=_objections_end_at(tx, board.next_due_at, board.objection_working_days),
        ledger_position=0, content_hash="", participants=0,
    )  # fmt: skip
    if standings is None:
        scope, values = scope_of(tx, board, period)
        tx.run(_add_standings(scope), **values, into_id=edition_id, settled_by=board.next_due_at)
        standings = standings_in(tx, edition_id)
    else:
        rows = [{"edition_id": edition_id, "member_id": member_id, "value": value} for member_id, value in standings]
        tx.many(_ADD_STANDINGS, rows)
    _seal(tx, edition_id, board.id, period.name, standings)
    audit.note(tx, SYSTEM, f"edition:{edition_id}")


def _take_corrections(tx: Transaction, edition: Any) -> None:
    """Work out again what the members have whose lines were corrected since the edition was published."""
    board, period = board_of(tx, edition.board_id), parse_period(edition.period)
    assert period is not None, "an edition has a period"
    scope, values = scope_of(tx, board, period)
    values["settled_by"] = edition.due_at
    member_ids = [row.member_id for row in tx.all(_corrected_since(scope), **values, since=edition.published_at)]
    if not member_ids:
        return
    tx.run(_TAKE_OUT, from_id=edition.id, member_ids=member_ids)
    tx.run(_add_standings(scope, by_some=True), **values, into_id=edition.id, member_ids=member_ids)
    _seal(tx, edition.id, edition.board_id, edition.period, standings_in(tx, edition.id))


def _seal(tx: Transaction, edition_id: int, board_id: int, period: str, standings: Standings) -> None:
    """Write down where the books stand, and the hash of what the edition says."""
    position = ledger_position(tx)
    digest = content_hash(board_id, period, position, standings)
    tx.run(_SEAL, edition_id=edition_id, position=position, digest=digest, count=len(standings))


def _objections_end_at(tx: Transaction, due_at: datetime, working_days: int) -> datetime:
    """00:00 after so many full working days, from the first one after the day it was due; at once where it is 0.

    Reckoned from when it was due, like everything that happens late: after a long outage what should be final is.
    """
    if working_days == 0:
        return due_at
    return start_of_day(end_of_working_days(tx, day_of(due_at, tx.zone), working_days), tx.zone)


@cache
def _add_standings(scope: Scope, *, by_some: bool = False) -> sa.Insert:
    found = earned(scope, by_some=by_some).subquery()
    rows = sa.select(sa.bindparam("into_id", type_=BigInt), found.c.member_id, found.c.value)
    return sa.insert(STANDING).from_select(["edition_id", "member_id", "value"], rows)


@cache
def _corrected_since(scope: Scope) -> sa.Select[tuple[int]]:
    """Members with a correction of a line that the board counts, approved at `since` or later."""
    return (
        sa.select(LINE.c.member_id)
        .distinct()
        .join_from(CORRECTION, LINE, LINE.c.id == CORRECTION.c.participation_id)
        .where(
            CORRECTION.c.is_approved,
            CORRECTION.c.decided_at >= sa.bindparam("since"),
            LINE.c.settled_at <= sa.bindparam("settled_by"),
            *scope.lines,
            scope.counts(LINE.c.member_id),
        )
    )
