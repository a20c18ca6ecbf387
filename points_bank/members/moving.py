"""Moving to another branch: balance, card and consents stay with the member; only where they belong changes."""

from datetime import date, timedelta

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.tree import BranchLine, find_branch
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.ledger.accounts import lock_account
from points_bank.members.details import BRANCH_ENDED, NOT_YET
from points_bank.members.finding import member_seen
from points_bank.members.models import Home, Member
from points_bank.transaction import Transaction

MEMBER, HOME = table_of(Member), table_of(Home)

EARLIEST_DAYS = 31
"""How many days back a move may be dated."""

TOO_FAR_BACK = message("A move can be dated at most {days} days back.")
MOVED_SINCE = message("The member has moved after that date already.")
LIVES_THERE = message("The member belongs to that branch already.")


class Moved(msgspec.Struct, frozen=True):
    """The branch that a member belongs to from 00:00 of `on`."""

    id: int
    branch_id: int
    on: date


_LAST_HOME = (
    sa.select(HOME.c.from_on, HOME.c.branch_id)
    .where(*given(HOME, "member_id"))
    .order_by(HOME.c.from_on.desc())
    .limit(1)
)
_ADD_HOME = sa.insert(HOME)
_CORRECT_HOME = (
    sa.update(HOME)
    .where(HOME.c.member_id == sa.bindparam("whose"), HOME.c.from_on == sa.bindparam("since"))
    .values(branch_id=sa.bindparam("to_branch_id"))
)
_BELONG = sa.update(MEMBER).where(MEMBER.c.id == sa.bindparam("whose")).values(branch_id=sa.bindparam("to_branch_id"))


def move_member(tx: Transaction, member_id: int, *, branch_id: int, on: date, by: Actor) -> Moved:
    """Hand a member over to another branch of the bank, from a date on.

    `on` is today or up to `EARLIEST_DAYS` back, never before an earlier move and never ahead: so a member's branch is
    always that of the latest home. A second move of the same date replaces the first, which was then a slip. Who
    keeps the members of the old branch may hand over to any branch, also one that they do not see: the member chose
    it. Repeated, nothing changes, though who no longer sees the member is told `not_found`. Refuses `invalid` other
    dates, the branch where the member is, and one that has ended; `not_found` one that is not there; `member_closed`.
    """
    member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by).require_open()
    lock_account(tx, member_id)
    last = tx.one(_LAST_HOME, member_id=member_id)
    if (last.branch_id, last.from_on) == (branch_id, on):
        return Moved(member_id, branch_id, on)
    branch = find_branch(tx, branch_id)
    if branch is None:
        raise NotFound
    _check(tx, branch, on=on, last_branch_id=last.branch_id, last_on=last.from_on)
    if last.from_on == on:
        tx.run(_CORRECT_HOME, whose=member_id, since=on, to_branch_id=branch_id)
    else:
        tx.run(_ADD_HOME, member_id=member_id, from_on=on, branch_id=branch_id)
    tx.run(_BELONG, whose=member_id, to_branch_id=branch_id)
    audit.note(tx, by, f"member:{member_id}", f"branch:{last.branch_id}", f"branch:{branch_id}")
    return Moved(member_id, branch_id, on)


def _check(tx: Transaction, branch: BranchLine, *, on: date, last_branch_id: int, last_on: date) -> None:
    problems = {}
    if branch.id == last_branch_id:
        problems["branch_id"] = LIVES_THERE
    elif not branch.is_valid(on):
        problems["branch_id"] = BRANCH_ENDED
    if on > tx.today:
        problems["on"] = NOT_YET
    elif on < tx.today - timedelta(days=EARLIEST_DAYS):
        problems["on"] = TOO_FAR_BACK
    elif on < last_on:
        problems["on"] = MOVED_SINCE
    if problems:
        raise Invalid(problems, days=EARLIEST_DAYS)
