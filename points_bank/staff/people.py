"""Members of staff and their rights."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Role, Task
from points_bank.branches.tree import branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.staff.models import Staff, StaffRight
from points_bank.transaction import Transaction

STAFF, RIGHT = table_of(Staff), table_of(StaffRight)

LOGIN_TAKEN = message("This login is taken.")


@dataclass(frozen=True, slots=True)
class StaffId:
    id: int


@dataclass(frozen=True, slots=True)
class RightId:
    id: int


_BY_LOGIN = sa.select(STAFF.c.id).where(*given(STAFF, "login"))
_BY_ID = sa.select(STAFF.c.id).where(*given(STAFF, "id"))
_ADD = sa.insert(STAFF).returning(STAFF.c.id)
_GRANT = sa.insert(RIGHT).returning(RIGHT.c.id)


def create_staff(
    tx: Transaction, *, login: str, name: str, password_hash: str, member_id: int | None = None, by: Actor
) -> StaffId:
    """Add a member of staff, without rights yet. Refuses a login that is taken."""
    by.paths(Task.ADMINISTER)
    if tx.maybe(_BY_LOGIN, login=login) is not None:
        raise Invalid({"login": LOGIN_TAKEN})
    staff_id = tx.scalar(
        _ADD, login=login, name=name, password_hash=password_hash, member_id=member_id, created_at=tx.now
    )
    audit.note(tx, by, f"staff:{staff_id}")
    return StaffId(staff_id)


def grant_right(
    tx: Transaction,
    staff_id: int,
    *,
    role: Role,
    branch_id: int,
    from_on: date | None = None,
    until_on: date | None = None,
    by: Actor,
) -> RightId:
    """Give staff a role over a branch and all below it, from today by default, until 24:00 of `until_on`."""
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    if tx.maybe(_BY_ID, id=staff_id) is None:
        raise NotFound
    starts_on = from_on or tx.today
    if until_on is not None and until_on < starts_on:
        raise Invalid({"until_on": message("Ends before it starts.")})
    right_id = tx.scalar(
        _GRANT, staff_id=staff_id, role=role, branch_id=branch_id, from_on=starts_on, until_on=until_on,
        granted_by=by.name, created_at=tx.now,
    )  # fmt: skip
    audit.note(tx, by, f"staff:{staff_id}", f"right:{right_id}")
    return RightId(right_id)
