"""Hand-over: who leaves an office ends it at 24:00 of a day, and who follows has the same rights from that day on.

What waits for a decision is nobody's own: it lies with the branch, so that it is the successor's as soon as the rights
are. What the successor had recorded themselves still needs a third person.
"""

from datetime import date

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Role, Task
from points_bank.branches.tree import branch_seen
from points_bank.columns import table_of
from points_bank.errors import Invalid, NotFound, SamePerson, message
from points_bank.staff.administrators import keep_an_administrator
from points_bank.staff.looking_up import looked_up, require_in_office
from points_bank.staff.models import StaffRight
from points_bank.staff.people import RightLine, grant_right, rights_of
from points_bank.transaction import Transaction

RIGHT = table_of(StaffRight)

SAME_STAFF = message("Somebody else has to follow.")
NOT_BEFORE_TODAY = message("A hand-over is of today or of a day to come.")


class HandedOver(msgspec.Struct, frozen=True):
    """The rights that end at 24:00 of `on`, and those that the successor was given; none that they had already."""

    on: date
    ended_right_ids: list[int]
    granted_right_ids: list[int]


_END = sa.update(RIGHT).where(RIGHT.c.id == sa.bindparam("right_id")).values(until_on=sa.bindparam("last_on"))


def hand_over(tx: Transaction, staff_id: int, *, to_staff_id: int, branch_id: int, on: date, by: Actor) -> HandedOver:
    """Hand someone's rights over one branch to a successor.

    Refuses `not_found` where there is none to hand over, `invalid` a day that is past and the same person as successor,
    `same_person` to who would take administration from themselves, what `grant_right` refuses, and `last_administrator`
    where a successor who administers the district already does so until a day.
    """
    by = looked_up(tx, by)
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    if to_staff_id == staff_id:
        raise Invalid({"to_staff_id": SAME_STAFF})
    if on < tx.today:
        raise Invalid({"on": NOT_BEFORE_TODAY})
    leaving = [right for right in rights_of(tx, staff_id, by=by) if _runs_there(right, branch.id, on)]
    if not leaving:
        raise NotFound
    if staff_id == by.staff_id and any(right.role is Role.ADMINISTRATOR for right in leaving):
        raise SamePerson
    held = {right.role for right in rights_of(tx, to_staff_id, by=by) if _runs_there(right, branch.id, on)}
    require_in_office(tx, to_staff_id)
    granted = [
        grant_right(tx, to_staff_id, role=right.role, branch_id=branch.id, from_on=on, by=by).id
        for right in leaving
        if right.role not in held
    ]
    tx.many(_END, [{"right_id": right.id, "last_on": on} for right in leaving])
    if branch.parent_id is None and any(right.role is Role.ADMINISTRATOR for right in leaving):
        keep_an_administrator(tx, staff_id, by_on=on)
    audit.note(tx, by, f"staff:{staff_id}", f"staff:{to_staff_id}", *(f"right:{right.id}" for right in leaving))
    return HandedOver(on, [right.id for right in leaving], granted)


def _runs_there(right: RightLine, branch_id: int, on: date) -> bool:
    return right.branch_id == branch_id and right.from_on <= on and (right.until_on is None or right.until_on > on)
