"""Households: who lives together. Living together is not sharing points: that is each one's own consent."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_of, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.ledger.accounts import lock_account, lock_members
from points_bank.members.details import BRANCH_ENDED
from points_bank.members.finding import member_seen
from points_bank.members.models import Consent, Household, HouseholdMember, Member, Purpose
from points_bank.transaction import Transaction

HOUSEHOLD, PRESENCE = table_of(Household), table_of(HouseholdMember)
MEMBER, CONSENT = table_of(Member), table_of(Consent)

LIVES_ELSEWHERE = message("This person belongs to another household; they leave that one first.")
TWICE = message("This person is on the list twice.")
HOUSEHOLD_FULL = message("A household has at most {most} people.")

MOST_PEOPLE = 20


class Housed(msgspec.Struct, frozen=True):
    """The household in which somebody lives now, as an id: who they are and what it is called is read anew."""

    household_id: int


class Resident(msgspec.Struct, frozen=True):
    """Who lives in a household, and since when."""

    member_id: int
    joined_at: datetime


class HouseholdRecord(msgspec.Struct, frozen=True):
    """A household with who lives in it now, in the order in which they joined."""

    id: int
    branch_id: int
    label: str | None
    residents: list[Resident]


class PoolMember(msgspec.Struct, frozen=True):
    """Who lives in a household and agreed to share points in it."""

    id: int
    born_on: date | None
    guardian_consented_on: date | None


_BY_ID = sa.select(HOUSEHOLD.c.id, HOUSEHOLD.c.branch_id, HOUSEHOLD.c.label).where(*given(HOUSEHOLD, "id"))
_LOCK = _BY_ID.with_for_update()
_BY_LABEL = sa.select(sa.func.min(HOUSEHOLD.c.id)).where(*given(HOUSEHOLD, "branch_id", "label"))
_IS_PRESENT = PRESENCE.c.left_at.is_(None)
_RESIDENTS = (
    sa.select(PRESENCE.c.member_id, PRESENCE.c.joined_at)
    .where(*given(PRESENCE, "household_id"), _IS_PRESENT)
    .order_by(PRESENCE.c.id)
)
_HOUSEHOLD_OF = sa.select(PRESENCE.c.household_id).where(*given(PRESENCE, "member_id"), _IS_PRESENT)
_POOL = (
    sa.select(MEMBER.c.id, MEMBER.c.born_on, MEMBER.c.guardian_consented_on)
    .join_from(PRESENCE, MEMBER, MEMBER.c.id == PRESENCE.c.member_id)
    .join(CONSENT, CONSENT.c.member_id == MEMBER.c.id)
    .where(
        *given(PRESENCE, "household_id"),
        _IS_PRESENT,
        CONSENT.c.purpose == Purpose.HOUSEHOLD,
        CONSENT.c.withdrawn_at.is_(None),
        MEMBER.c.closed_at.is_(None),
    )
    .order_by(MEMBER.c.id)
)
_ADD = sa.insert(HOUSEHOLD).returning(HOUSEHOLD.c.id)
_JOIN = sa.insert(PRESENCE)
_NOW = sa.bindparam("now", type_=PRESENCE.c.left_at.type)
_LEAVE = (
    sa.update(PRESENCE)
    .where(PRESENCE.c.member_id == sa.bindparam("whose"), _IS_PRESENT)
    # Who came in before the clock was put back has not left before they came.
    .values(left_at=sa.case((PRESENCE.c.joined_at > _NOW, PRESENCE.c.joined_at), else_=_NOW))
)


def add_household(
    tx: Transaction, *, branch_id: int, label: str | None = None, member_ids: Sequence[int] = (), by: Actor
) -> Housed:
    """Write down who lives together, as a household of a branch.

    Refuses `invalid` who stands there twice or lives in another household, and a branch that has ended; `not_found`
    and `member_closed` as `join_household` does.
    """
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.KEEP_MEMBERS, branch.path)
    if not branch.is_valid(tx.today):
        raise Invalid({"branch_id": BRANCH_ENDED})
    _refuse_crowd(member_ids)
    for member_id in member_ids:
        member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by).require_open()
    household_id: int = tx.scalar(_ADD, branch_id=branch_id, label=label, created_at=tx.now)
    audit.note(tx, by, f"household:{household_id}")
    _let_in(tx, household_id, member_ids, field="member_ids[{place}]", by=by)
    return Housed(household_id)


def join_household(tx: Transaction, household_id: int, *, member_id: int, by: Actor) -> Housed:
    """Let a member live in a household from now on. Who lives there already stays.

    Refuses `not_found` outside the actor's branches, `member_closed`, and `invalid` who lives in another household.
    """
    household_seen(tx, household_id, task=Task.KEEP_MEMBERS, by=by)
    member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by).require_open()
    lock_account(tx, member_id)
    if household_with(tx, member_id) != household_id:
        _refuse_crowd([*_resident_ids(tx, household_id), member_id])
        _let_in(tx, household_id, [member_id], field="member_id", by=by)
    return Housed(household_id)


def leave_household(tx: Transaction, household_id: int, *, member_id: int, by: Actor) -> None:
    """Let a member go from a household: from now on each spends only their own points. Repeated, nothing changes.

    What is reserved with points of several stays reserved. Nothing stands in the way of leaving, a closed passbook
    included. Refuses `not_found`.
    """
    household_seen(tx, household_id, task=Task.KEEP_MEMBERS, by=by)
    if household_with(tx, member_id) == household_id:
        lock_account(tx, member_id)
        end_residence(tx, member_id, from_id=household_id, by=by)


def household_record(tx: Transaction, household_id: int, *, by: Actor) -> HouseholdRecord:
    """A household of the actor's branches. Refuses `not_found`."""
    household_seen(tx, household_id, task=Task.READ_MEMBERS, by=by)
    return _record(tx, household_id)


def household_of_member(tx: Transaction, member_id: int, *, by: Actor) -> HouseholdRecord:
    """The household in which a member lives now; members see their own. Refuses `not_found` where there is none."""
    member_seen(tx, member_id, task=Task.READ_MEMBERS, by=by)
    household_id = household_with(tx, member_id)
    if household_id is None:
        raise NotFound
    return _record(tx, household_id)


def household_seen(tx: Transaction, household_id: int, *, task: Task, by: Actor) -> None:
    """That a household is one of a branch where the actor may do the task. Refuses `not_found` and `forbidden`."""
    row = tx.maybe(_BY_ID, id=household_id)
    if row is None:
        raise NotFound
    by.require(task, branch_of(tx, row.branch_id).path)


def household_with(tx: Transaction, member_id: int) -> int | None:
    """The household in which a member lives now."""
    household_id: int | None = tx.scalar(_HOUSEHOLD_OF, member_id=member_id)
    return household_id


def pool_of(tx: Transaction, household_id: int) -> dict[int, PoolMember]:
    """By id those of a household who agreed to share points in it, and did not withdraw."""
    return {row.id: PoolMember(*row) for row in tx.all(_POOL, household_id=household_id)}


def find_household(tx: Transaction, *, branch_id: int, label: str) -> int | None:
    """The first household of a branch with that label, for lists that are entered again."""
    household_id: int | None = tx.scalar(_BY_LABEL, branch_id=branch_id, label=label)
    return household_id


def lock_household(tx: Transaction, household_id: int) -> None:
    """Nobody else counts what this household has exchanged until the act ends. Lock the accounts before."""
    tx.one(_LOCK, id=household_id)


def end_residence(tx: Transaction, member_id: int, *, from_id: int | None = None, by: Actor) -> None:
    """Let a member, whose account is locked, go from the household that they live in, or only from `from_id`."""
    household_id = household_with(tx, member_id)
    if household_id is not None and from_id in {None, household_id}:
        tx.run(_LEAVE, whose=member_id, now=tx.now)
        audit.note(tx, by, f"household:{household_id}", f"member:{member_id}")


def _record(tx: Transaction, household_id: int) -> HouseholdRecord:
    row = tx.one(_BY_ID, id=household_id)
    residents = [Resident(*each) for each in tx.all(_RESIDENTS, household_id=household_id)]
    return HouseholdRecord(row.id, row.branch_id, row.label, residents)


def _let_in(tx: Transaction, household_id: int, member_ids: Sequence[int], *, field: str, by: Actor) -> None:
    """Refuses `invalid`, by the place in the list, who lives in another household."""
    if not member_ids:
        return
    lock_members(tx, member_ids)
    problems = {
        field.format(place=place): LIVES_ELSEWHERE
        for place, member_id in enumerate(member_ids)
        if household_with(tx, member_id) is not None
    }
    if problems:
        raise Invalid(problems)
    joined: list[dict[str, Any]] = [
        {"household_id": household_id, "member_id": member_id, "joined_at": tx.now} for member_id in member_ids
    ]
    tx.many(_JOIN, joined)
    audit.note(tx, by, f"household:{household_id}", *(f"member:{member_id}" for member_id in member_ids))


def _refuse_crowd(member_ids: Sequence[int]) -> None:
    seen: set[int] = set()
    problems = {}
    for place, member_id in enumerate(member_ids):
        if member_id in seen:
            problems[f"member_ids[{place}]"] = TWICE
        seen.add(member_id)
    if len(member_ids) > MOST_PEOPLE:
        problems["member_ids"] = HOUSEHOLD_FULL
    if problems:
        raise Invalid(problems, most=MOST_PEOPLE)


def _resident_ids(tx: Transaction, household_id: int) -> list[int]:
    return [row.member_id for row in tx.all(_RESIDENTS, household_id=household_id)]
