"""The roster: staff with their rights, and what administration needs to change them."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.surroundings import offices
from points_bank.branches.tree import BranchLine
from points_bank.errors import NotFound
from points_bank.staff.people import BRANCH, STAFF, StaffLine, list_staff
from points_bank.transaction import Transaction

PEOPLE_A_PAGE = 50
MOST_SUCCESSORS = 300


class Roster(msgspec.Struct, frozen=True):
    """A part of the staff, by id; `branches` are the names of branches by id. `next_after_id` asks for what follows."""

    people: Sequence[StaffLine]
    branches: Mapping[int, str]
    next_after_id: int | None
    may_change: bool


class Person(msgspec.Struct, frozen=True):
    """One member of staff. `offices` are where the reader may grant rights, `others` who could follow them."""

    line: StaffLine
    branches: Mapping[int, str]
    offices: Sequence[BranchLine]
    others: Sequence[StaffLine]

    @property
    def branch_ids(self) -> Sequence[int]:
        """The branches over which they have rights, each once."""
        return list(dict.fromkeys(right.branch_id for right in self.line.rights))


_NAMES = sa.select(BRANCH.c.id, BRANCH.c.name).where(BRANCH.c.id.in_(sa.bindparam("ids", expanding=True)))
_STAFF_NAMES = sa.select(STAFF.c.id, STAFF.c.name).where(STAFF.c.id.in_(sa.bindparam("ids", expanding=True)))


def roster(tx: Transaction, *, after_id: int | None, by: Actor) -> Roster:
    """The staff whom the actor administers or oversees. Refuses `forbidden`."""
    found = list_staff(tx, after_id=after_id, limit=PEOPLE_A_PAGE + 1, by=by)
    people = found[:PEOPLE_A_PAGE]
    more = people[-1].id if len(found) > PEOPLE_A_PAGE else None
    return Roster(people, _branch_names(tx, people), more, by.does(Task.ADMINISTER))


def person_seen(tx: Transaction, staff_id: int, *, by: Actor) -> Person:
    """One of the roster. Refuses `not_found` also whose rights all lie outside the actor's branches."""
    found = list_staff(tx, after_id=staff_id - 1, limit=1, by=by)
    if not found or found[0].id != staff_id:
        raise NotFound
    branches = _branch_names(tx, found)
    if not by.does(Task.ADMINISTER):
        return Person(found[0], branches, [], [])
    others = [
        each for each in list_staff(tx, limit=MOST_SUCCESSORS, by=by) if each.id != staff_id and not each.disabled_at
    ]
    return Person(found[0], branches, offices(tx, by=by), others)


def staff_names(tx: Transaction, staff_ids: Sequence[int]) -> dict[int, str]:
    """The names of staff by id."""
    return {row.id: row.name for row in tx.all(_STAFF_NAMES, ids=sorted(set(staff_ids)))} if staff_ids else {}


def actor_names(tx: Transaction, actors: Sequence[str]) -> dict[str, str]:
    """The names of those of the actors who are staff, by how the books name them: `staff:5`."""
    staff_ids = [int(actor.removeprefix("staff:")) for actor in actors if actor.startswith("staff:")]
    return {f"staff:{staff_id}": name for staff_id, name in staff_names(tx, staff_ids).items()}


def _branch_names(tx: Transaction, people: Sequence[StaffLine]) -> dict[int, str]:
    ids = sorted({right.branch_id for each in people for right in each.rights})
    return {row.id: row.name for row in tx.all(_NAMES, ids=ids)} if ids else {}
