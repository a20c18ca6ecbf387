"""Finding a member by id or by card, and what an actor may then do with them."""

from datetime import date, datetime
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, ActorKind, Task
from points_bank.branches.models import Branch
from points_bank.columns import given, table_of
from points_bank.errors import CardLost, Forbidden, MemberClosed, NotFound, PointsBankError
from points_bank.members.card_numbers import read_card_no
from points_bank.members.cards_in_force import IS_IN_FORCE
from points_bank.members.models import Card, Home, Member, MemberMerger, Visit
from points_bank.outbox import MessageKind, tell
from points_bank.staff.tries import check_guesses, remember_guesses
from points_bank.transaction import Transaction

MEMBER, CARD, HOME, VISIT = table_of(Member), table_of(Card), table_of(Home), table_of(Visit)
BRANCH, MERGER = table_of(Branch), table_of(MemberMerger)

FULL_AGE_YEARS = 18
CARD_GUESS = "card"
"""How whole numbers of cards are called where those that nobody has are counted."""
VISIT_TASKS = (Task.LOG, Task.SERVE, Task.READ_PASSBOOKS)
"""What may be done for a visitor on the day when their card was shown; the last only because of the others."""
OWN_TASKS = frozenset({Task.EXPORT_MEMBERS, Task.READ_MEMBERS, Task.READ_PASSBOOKS, Task.READ_TRANSFERS, Task.SERVE})
"""What members may do about themselves: see and take along their record and passbook, and reserve."""


class MemberLine(msgspec.Struct, frozen=True):
    """A member as an act needs them. `branch_path` is that of the branch they belong to now."""

    id: int
    name: str
    branch_id: int
    branch_path: str
    born_on: date | None
    is_party_member: bool
    guardian_consented_on: date | None
    registered_at: datetime
    closed_at: datetime | None

    def require_open(self) -> None:
        """Refuses `member_closed`."""
        if self.closed_at is not None:
            raise MemberClosed


_LINES = sa.select(
    MEMBER.c.id,
    MEMBER.c.name,
    MEMBER.c.branch_id,
    BRANCH.c.path,
    MEMBER.c.born_on,
    MEMBER.c.is_party_member,
    MEMBER.c.guardian_consented_on,
    MEMBER.c.registered_at,
    MEMBER.c.closed_at,
).join_from(MEMBER, BRANCH, BRANCH.c.id == MEMBER.c.branch_id)
_BY_ID = _LINES.where(*given(MEMBER, "id"))
_CARD = sa.select(CARD.c.id, CARD.c.member_id, IS_IN_FORCE).where(*given(CARD, "card_no"))
_HOME = (
    sa.select(HOME.c.branch_id)
    .where(*given(HOME, "member_id"), HOME.c.from_on <= sa.bindparam("on"))
    .order_by(HOME.c.from_on.desc())
    .limit(1)
)
_MERGED = sa.select(MERGER.c.member_id).where(*given(MERGER, "leads_to_id")).order_by(MERGER.c.member_id)
_VISIT = sa.select(VISIT.c.member_id).where(*given(VISIT, "staff_id", "member_id", "visited_on"))
_VISIT_AGAIN = (
    sa.update(VISIT)
    .where(VISIT.c.staff_id == sa.bindparam("by_id"), VISIT.c.member_id == sa.bindparam("whom_id"))
    .values(visited_on=sa.bindparam("today"))
)
_ADD_VISIT = sa.insert(VISIT)


def member_seen(tx: Transaction, member_id: int, *, task: Task, by: Actor) -> MemberLine:
    """A member for whom the actor may do the task.

    Refuses `not_found` outside the actor's branches, and `forbidden` inside them where the task is not theirs. A
    visitor whose card the actor has looked up today is accepted for `VISIT_TASKS`. Members see only themselves, for
    `OWN_TASKS`, and the lines of passbooks that were merged into theirs. A closed passbook is no refusal here: see
    `MemberLine.require_open`.
    """
    line = _line(tx.maybe(_BY_ID, id=member_id))
    if line is None:
        raise NotFound
    if not _may(line, task, by) and not _is_visited(tx, line, task, by) and not _was_theirs(tx, line, task, by):
        raise _refusal(line, by)
    return line


def merged_into(tx: Transaction, member_id: int) -> list[int]:
    """Whose passbooks were merged into a member's, straight or by way of others."""
    return [row.member_id for row in tx.all(_MERGED, leads_to_id=member_id)]


def member_by_card(tx: Transaction, card_no: str, *, task: Task, by: Actor) -> MemberLine:
    """The member whose card was typed or scanned whole, for an act that writes: a visitor's visit is kept.

    Refuses `invalid` a mistyped number, `not_found` an unknown one, and `card_lost` a lost or replaced card, which is
    remembered under the member; nothing of the member is told then. By a whole number whoever may log or serve
    anywhere reaches members of other branches too, for `VISIT_TASKS`.
    """
    line, card = _by_card(tx, read_card_no(card_no), by)
    if line is None:
        raise _nobodys(by)
    is_own = _may(line, task, by)
    if not is_own and not _may_receive(task, by):
        raise _refusal(line, by)
    require_active(card, by)
    if not is_own:
        _keep_visit(tx, line.id, by=by)
    return line


def member_of(tx: Transaction, member_id: int) -> MemberLine:
    """A member that something refers to, so that they must be there; what the actor may see was asked before."""
    line = _line(tx.maybe(_BY_ID, id=member_id))
    assert line is not None, "foreign keys hold"
    return line


def owner_of_card(tx: Transaction, card_no: str, *, field: str, by: Actor) -> MemberLine:
    """Whose card has this number, for who wants to give them something: whoever knows a whole number may.

    Refuses `invalid` a mistyped number, by the name of the field it was sent in, `not_found` an unknown one,
    `card_lost` a lost or replaced card.
    """
    line, card = _by_card(tx, read_card_no(card_no, field=field), by)
    if line is None:
        raise _nobodys(by)
    require_active(card, by)
    return line


def card_shown(tx: Transaction, card_no: str, *, by: Actor) -> MemberLine | None:
    """The member whose card staff looked up, or None where they cannot reach anybody by it; an act that writes.

    `card_no` is a number that was read by `read_card_no`. What the actor may do elsewhere but not in this member's
    branch, of `VISIT_TASKS`, they may do for this member until the end of the day. Refuses `card_lost`.
    """
    line, card = _by_card(tx, card_no, by)
    if line is None:
        remember_guesses(tx, CARD_GUESS, by=by)
        return None
    if not (by.may(Task.READ_MEMBERS, line.branch_path) or receives_visitors(by)):
        return None
    require_active(card, by)
    if any(_may_receive(task, by) and not by.may(task, line.branch_path) for task in VISIT_TASKS):
        _keep_visit(tx, line.id, by=by)
    return line


def home_on(tx: Transaction, member_id: int, on: date) -> int:
    """The branch that was a member's home on a day. The first home counts for all days before it, too."""
    branch_id: int = tx.scalar(_HOME, member_id=member_id, on=on)
    return branch_id


def is_under_18(born_on: date | None, on: date) -> bool:
    """Whether someone has not had their 18th birthday by that day. Whose birth is not known counts as grown up."""
    if born_on is None:
        return False
    years = on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
    return years < FULL_AGE_YEARS


def receives_visitors(by: Actor) -> bool:
    """Whether the actor is staff who log or serve somewhere, and so reach a visitor by the whole card number."""
    return by.kind is ActorKind.STAFF and any(by.does(task) for task in VISIT_TASKS[:2])


def _may(line: MemberLine, task: Task, by: Actor) -> bool:
    if by.kind is ActorKind.MEMBER:
        return by.member_id == line.id and task in OWN_TASKS
    return by.may(task, line.branch_path)


def _may_receive(task: Task, by: Actor) -> bool:
    """Whether the actor may do the task for visitors: one of `VISIT_TASKS` which they do somewhere."""
    return task in VISIT_TASKS and receives_visitors(by) and by.does(task)


def _is_visited(tx: Transaction, line: MemberLine, task: Task, by: Actor) -> bool:
    if not _may_receive(task, by):
        return False
    return tx.maybe(_VISIT, staff_id=by.id, member_id=line.id, visited_on=tx.today) is not None


def _was_theirs(tx: Transaction, line: MemberLine, task: Task, by: Actor) -> bool:
    if by.kind is not ActorKind.MEMBER or task is not Task.READ_TRANSFERS or by.member_id is None:
        return False
    return line.id in merged_into(tx, by.member_id)


def _refusal(line: MemberLine, by: Actor) -> PointsBankError:
    """Not theirs to do where the actor sees the member at all; otherwise not found."""
    is_seen = by.member_id == line.id if by.kind is ActorKind.MEMBER else by.sees(line.branch_path)
    return Forbidden() if is_seen else NotFound()


def _keep_visit(tx: Transaction, member_id: int, *, by: Actor) -> None:
    """From now until the end of the day, the actor may do `VISIT_TASKS` for this member."""
    if tx.maybe(_VISIT, staff_id=by.id, member_id=member_id, visited_on=tx.today) is not None:
        return
    if not tx.run(_VISIT_AGAIN, by_id=by.id, whom_id=member_id, today=tx.today):
        tx.run(_ADD_VISIT, staff_id=by.id, member_id=member_id, visited_on=tx.today)
    audit.note(tx, by, f"member:{member_id}", "visit")


def require_active(card: Any, by: Actor) -> None:
    """Refuses a card (`id`, `member_id`, `is_in_force`) that is no longer good with `card_lost`.

    After the refusal it is written down to whom which member's card was shown, and the member is told, once a day.
    """

    def show_ended_card(tx: Transaction) -> None:
        tx.act = show_ended_card.__name__
        audit.note(tx, by, f"member:{card.member_id}", f"card:{card.id}")
        tell(
            tx,
            member_id=card.member_id,
            kind=MessageKind.LOST_CARD_PRESENTED,
            about=f"card:{card.id}",
            once=f"card:{card.id}:{tx.today}",
        )

    if not card.is_in_force:
        raise CardLost(remember=show_ended_card)


def _by_card(tx: Transaction, card_no: str, by: Actor) -> tuple[MemberLine | None, Any]:
    """Refuses `too_many_tries` to who has tried too many numbers that nobody has."""
    check_guesses(tx, CARD_GUESS, by=by)
    card = tx.maybe(_CARD, card_no=card_no)
    return (None if card is None else _line(tx.one(_BY_ID, id=card.member_id))), card


def _nobodys(by: Actor) -> NotFound:
    """The refusal of a whole number that nobody has: it passed its check digit, so that it was hardly mistyped."""
    return NotFound(remember=partial(remember_guesses, noun=CARD_GUESS, by=by))


def _line(row: Any) -> MemberLine | None:
    return None if row is None else MemberLine(*row)
