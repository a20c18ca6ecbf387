"""Granting: points of a help pool for a resident in need. One person proposes, a second decides."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below, branch_of, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import AlreadyApproved, InsufficientPoints, Invalid, NotFound, OwnActivity, SamePerson, message
from points_bank.gifts.donating import received
from points_bank.gifts.models import Grant, GrantState
from points_bank.gifts.pools import draw, pool_branch, remaining_of
from points_bank.ledger import giving
from points_bank.members.finding import member_of, member_seen
from points_bank.outbox import tell_each
from points_bank.rules.in_force import rules_in_force
from points_bank.transaction import Transaction

GRANT, BRANCH = table_of(Grant), table_of(Branch)

AT_HOME_ELSEWHERE = message("This pool is for residents of its own branch.")
NEWEST = 2**62


class GrantLine(msgspec.Struct, frozen=True):
    """A grant as it stands; `branch_id` is whose pool it is.

    Its reason stays in the books: it is about a person, and outcomes are kept beside their keys for ever.
    """

    id: int
    branch_id: int
    member_id: int
    points: int
    state: GrantState
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None


class GrantRecord(GrantLine, frozen=True):
    """A grant as those read it who decide about it."""

    reason: str


_COLUMNS = [GRANT.c[name] for name in GrantLine.__struct_fields__]
_REASON = sa.select(GRANT.c.reason).where(*given(GRANT, "id"))
_LOCK = sa.select(*_COLUMNS).where(*given(GRANT, "id")).with_for_update()
_LIST = (
    sa.select(*_COLUMNS, GRANT.c.reason)
    .join_from(GRANT, BRANCH, BRANCH.c.id == GRANT.c.branch_id)
    .where(below(BRANCH.c.path), GRANT.c.id < sa.bindparam("before_id"))
    .order_by(GRANT.c.id.desc())
    .limit(sa.bindparam("most"))
)
_ADD = sa.insert(GRANT).returning(GRANT.c.id)
_DECIDE = (
    sa.update(GRANT)
    .where(GRANT.c.id == sa.bindparam("grant_id"))
    .values(state=sa.bindparam("new_state"), decided_at=sa.bindparam("now"), decided_by=sa.bindparam("who"))
)


def propose_grant(tx: Transaction, *, branch_id: int, member_id: int, points: int, reason: str, by: Actor) -> GrantLine:
    """Propose points for a resident, from the help pool that serves a branch; nothing moves yet.

    Refuses `invalid` for who is at home elsewhere, `member_closed`, `own_activity` for who would benefit, and
    `insufficient_points` where the pool has fewer.
    """
    pool = pool_branch(tx, branch_seen(tx, branch_id, by=by).path)
    by.require(Task.PROPOSE_GRANTS, pool.path)
    member = member_seen(tx, member_id, task=Task.READ_MEMBERS, by=by)
    member.require_open()
    if not member.branch_path.startswith(pool.path):
        raise Invalid({"member_id": AT_HOME_ELSEWHERE})
    _refuse_own(member.id, by)
    remaining = remaining_of(tx, pool.id)
    if remaining < points:
        raise InsufficientPoints(asked_points=points, spendable_points=remaining)
    grant_id: int = tx.scalar(
        _ADD, branch_id=pool.id, member_id=member_id, points=points, reason=reason, state=GrantState.PROPOSED,
        proposed_at=tx.now, proposed_by=by.name, decided_at=None, decided_by=None,
    )  # fmt: skip
    audit.note(tx, by, f"grant:{grant_id}", f"member:{member_id}", f"branch:{pool.id}")
    return _line(tx.one(_LOCK, id=grant_id))


def approve_grant(tx: Transaction, grant_id: int, *, by: Actor) -> GrantLine:
    """Move proposed points from the pool to the resident. Their lot lapses as if they were earned today.

    Refuses `already_approved` what is decided, `same_person`, `own_activity`, `member_closed`, and
    `insufficient_points` where the pool has given them to others since.
    """
    grant = _locked(tx, grant_id, by)
    if grant.proposed_by == by.name:
        raise SamePerson
    _refuse_own(grant.member_id, by)
    member = member_of(tx, grant.member_id)
    member.require_open()
    lapses_on = rules_in_force(tx, branch_path=member.branch_path, on=tx.today).rule_set.lapses_on(tx.today)
    about = f"grant:{grant.id}"
    giving.grant(
        tx, member_id=member.id, branch_id=grant.branch_id, points=grant.points, lapses_on=lapses_on, on=tx.today,
        reference=about,
    )  # fmt: skip
    draw(tx, grant.branch_id, grant.points)
    tell_each(tx, [received(member.id, about, grant.points, lapses_on)])
    return _decide(tx, grant, GrantState.GRANTED, by)


def reject_grant(tx: Transaction, grant_id: int, *, by: Actor) -> GrantLine:
    """Let a proposal fall; nothing moves. Refuses `already_approved` what is decided."""
    return _decide(tx, _locked(tx, grant_id, by), GrantState.REJECTED, by)


def list_grants(tx: Transaction, *, branch_id: int, before_id: int | None, limit: int, by: Actor) -> list[GrantRecord]:
    """Grants from the pools of a branch and all below it, newest first."""
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_HELP_POOL, branch.path)
    rows = tx.all(_LIST, path=branch.path, before_id=before_id or NEWEST, most=limit)
    return [GrantRecord(**row._asdict()) for row in rows]


def reason_of(tx: Transaction, grant_id: int) -> str:
    """Why a grant was proposed, for who was found to see it."""
    reason: str = tx.scalar(_REASON, id=grant_id)
    return reason


def _locked(tx: Transaction, grant_id: int, by: Actor) -> GrantLine:
    """A proposal that the actor may decide about, locked."""
    row = tx.maybe(_LOCK, id=grant_id)
    if row is None:
        raise NotFound
    by.require(Task.APPROVE, branch_of(tx, row.branch_id).path)
    if row.state is not GrantState.PROPOSED:
        raise AlreadyApproved
    return _line(row)


def _decide(tx: Transaction, grant: GrantLine, state: GrantState, by: Actor) -> GrantLine:
    tx.run(_DECIDE, grant_id=grant.id, new_state=state, now=tx.now, who=by.name)
    audit.note(tx, by, f"grant:{grant.id}", "state")
    return _line(tx.one(_LOCK, id=grant.id))


def _refuse_own(member_id: int, by: Actor) -> None:
    if by.member_id == member_id:
        raise OwnActivity


def _line(row: Any) -> GrantLine:
    return GrantLine(*row)
