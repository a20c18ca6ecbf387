"""Joining and leaving a waiting list, at the desk or by oneself."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, ActorKind, Task
from points_bank.columns import given, table_of
from points_bank.errors import InStock, NotFound
from points_bank.ledger.accounts import lock_account
from points_bank.members.finding import MemberLine, member_seen
from points_bank.redemptions.order import desk_served, member_at_desk
from points_bank.rewards.catalogue import offered_at
from points_bank.rewards.desks import DeskLine, desk_of, desk_seen
from points_bank.rewards.models import Waiting, WaitingState
from points_bank.rewards.stock import remaining_at
from points_bank.rewards.waiting_list import IS_OPEN
from points_bank.transaction import Transaction

WAITING = table_of(Waiting)


class WaitingLine(msgspec.Struct, frozen=True):
    """Somebody in line; `place` counts from 1 and is null once they were told or are in line no longer."""

    id: int
    desk_id: int
    reward_id: int
    member_id: int
    state: WaitingState
    joined_at: datetime
    told_at: datetime | None
    place: int | None


_BEFORE = WAITING.alias("before")
_PLACE = sa.case(
    (
        WAITING.c.state == WaitingState.WAITING,
        sa.select(sa.func.count())
        .where(
            _BEFORE.c.desk_id == WAITING.c.desk_id,
            _BEFORE.c.reward_id == WAITING.c.reward_id,
            _BEFORE.c.state == WaitingState.WAITING,
            _BEFORE.c.id <= WAITING.c.id,
        )
        .correlate(WAITING)
        .scalar_subquery(),
    )
)
_LINES = sa.select(
    WAITING.c.id,
    WAITING.c.desk_id,
    WAITING.c.reward_id,
    WAITING.c.member_id,
    WAITING.c.state,
    WAITING.c.joined_at,
    WAITING.c.told_at,
    _PLACE,
)
_BY_ID = _LINES.where(*given(WAITING, "id"))
_OPEN = _LINES.where(*given(WAITING, "member_id", "reward_id", "desk_id"), IS_OPEN)
_PAGE = WAITING.c.id > sa.bindparam("after_id")
_OF_MEMBER = _LINES.where(*given(WAITING, "member_id"), IS_OPEN, _PAGE).order_by(WAITING.c.id)
_AT_DESK = _LINES.where(*given(WAITING, "reward_id", "desk_id"), IS_OPEN, _PAGE).order_by(WAITING.c.id)
_JOIN = sa.insert(WAITING).returning(WAITING.c.id)
_LEAVE = (
    sa.update(WAITING)
    .where(WAITING.c.id == sa.bindparam("waiting_id"))
    .values(state=WaitingState.LEFT, ended_at=sa.bindparam("now"))
)


def join_waiting_list(
    tx: Transaction,
    reward_id: int,
    *,
    desk_id: int,
    member_id: int | None = None,
    card_no: str | None = None,
    by: Actor,
) -> WaitingLine:
    """Put the member with that card or id in line at a desk where the actor serves; who is in line keeps the place.

    Refuses `not_found` what the desk does not offer, `in_stock` what it has, `member_closed`.
    """
    desk = desk_served(tx, desk_id, by=by)
    return _join(tx, member_at_desk(tx, member_id=member_id, card_no=card_no, by=by), desk, reward_id, by)


def join_own_waiting_list(tx: Transaction, reward_id: int, *, desk_id: int, by: Actor) -> WaitingLine:
    """Put the member who asks in line, at any desk. Refuses what `join_waiting_list` refuses."""
    assert by.member_id is not None, "a member asks"
    desk = desk_seen(tx, desk_id, by=by)
    return _join(tx, member_seen(tx, by.member_id, task=Task.SERVE, by=by), desk, reward_id, by)


def leave_waiting_list(tx: Transaction, waiting_id: int, *, by: Actor) -> None:
    """Take somebody out of a line: members themselves, staff at desks where they serve. Done again, nothing changes."""
    row = tx.maybe(_BY_ID, id=waiting_id)
    if row is None or (by.kind is ActorKind.MEMBER and row.member_id != by.member_id):
        raise NotFound
    if by.kind is not ActorKind.MEMBER:
        by.require(Task.SERVE, desk_of(tx, row.desk_id).branch_path)
    if row.state in {WaitingState.WAITING, WaitingState.TOLD}:
        tx.run(_LEAVE, waiting_id=waiting_id, now=tx.now)
        audit.note(tx, by, f"waiting:{waiting_id}", "state")


def own_places(tx: Transaction, *, after_id: int | None, limit: int, by: Actor) -> list[WaitingLine]:
    """What the member who asks waits for."""
    return [_line(row) for row in tx.all(_OF_MEMBER.limit(limit), member_id=by.member_id, after_id=after_id or 0)]


def waiting_for(
    tx: Transaction, reward_id: int, *, desk_id: int, after_id: int | None, limit: int, by: Actor
) -> list[WaitingLine]:
    """Who waits for a reward at a desk, the first in front, for who serves there."""
    by.require(Task.SERVE, desk_seen(tx, desk_id, by=by).branch_path)
    listed = _AT_DESK.limit(limit)
    return [_line(row) for row in tx.all(listed, reward_id=reward_id, desk_id=desk_id, after_id=after_id or 0)]


def _join(tx: Transaction, member: MemberLine, desk: DeskLine, reward_id: int, by: Actor) -> WaitingLine:
    member.require_open()
    offered_at(tx, desk, [reward_id])
    lock_account(tx, member.id)
    row = tx.maybe(_OPEN, member_id=member.id, reward_id=reward_id, desk_id=desk.id)
    if row is not None:
        return _line(row)
    remaining = remaining_at(tx, desk_id=desk.id, reward_id=reward_id)
    if remaining:
        raise InStock(reward_id=reward_id, remaining_quantity=remaining)
    waiting_id = tx.scalar(
        _JOIN, desk_id=desk.id, reward_id=reward_id, member_id=member.id, state=WaitingState.WAITING,
        joined_at=tx.now, joined_by=by.name, told_at=None, ended_at=None,
    )  # fmt: skip
    audit.note(tx, by, f"waiting:{waiting_id}", f"member:{member.id}", f"reward:{reward_id}", f"desk:{desk.id}")
    return _line(tx.one(_BY_ID, id=waiting_id))


def _line(row: Any) -> WaitingLine:
    return WaitingLine(*row)
