"""Members of staff and their rights."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Role, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below_any, branch_seen, check_dates, district, find_branch_by_code
from points_bank.columns import given, table_of
from points_bank.errors import Forbidden, Invalid, NotFound, SamePerson, message
from points_bank.staff.administrators import keep_an_administrator
from points_bank.staff.looking_up import looked_up, require_in_office
from points_bank.staff.models import Staff, StaffRight
from points_bank.staff.password_setters import require_own_password, set_password_of
from points_bank.transaction import Transaction

STAFF, RIGHT, BRANCH = table_of(Staff), table_of(StaffRight), table_of(Branch)
# The table by its name alone: staff stand below members, and know of them only that they belong to a branch.
_MEMBER = sa.table("member", sa.column("id", sa.BigInteger), sa.column("branch_id", sa.BigInteger))

LOGIN_TAKEN = message("This login is taken.")
NO_SUCH_BRANCH = message("There is no branch with this code.")
RIGHT_HELD = message("The same right is held already in that time.")


class StaffId(msgspec.Struct, frozen=True):
    id: int


class RightId(msgspec.Struct, frozen=True):
    id: int
    from_on: date


class RightLine(msgspec.Struct, frozen=True):
    """A right that runs or is to come: from 00:00 of `from_on` to 24:00 of `until_on`."""

    id: int
    staff_id: int
    role: Role
    branch_id: int
    from_on: date
    until_on: date | None


class StaffLine(msgspec.Struct, frozen=True):
    """A member of staff with those of their rights that lie in the reader's branches."""

    id: int
    login: str
    name: str
    member_id: int | None
    disabled_at: datetime | None
    rights: tuple[RightLine, ...]


_BY_LOGIN = sa.select(STAFF.c.id).where(*given(STAFF, "login"))
_BY_ID = sa.select(STAFF.c.id).where(*given(STAFF, "id"))
_HOME_PATH = (
    sa.select(BRANCH.c.path)
    .join_from(_MEMBER, BRANCH, BRANCH.c.id == _MEMBER.c.branch_id)
    .where(_MEMBER.c.id == sa.bindparam("member_id"))
)
# Not withdrawn and not ended: running, or to come.
_STANDS = sa.and_(
    RIGHT.c.withdrawn_at.is_(None), sa.or_(RIGHT.c.until_on.is_(None), RIGHT.c.until_on >= sa.bindparam("today"))
)
_RIGHTS = (
    sa.select(
        RIGHT.c.id, RIGHT.c.staff_id, RIGHT.c.role, RIGHT.c.branch_id, RIGHT.c.from_on, RIGHT.c.until_on, BRANCH.c.path
    )
    .join_from(RIGHT, BRANCH, BRANCH.c.id == RIGHT.c.branch_id)
    .where(RIGHT.c.staff_id.in_(sa.bindparam("staff_ids", expanding=True)), _STANDS)
    .order_by(RIGHT.c.id)
)
# Also those that ended or were withdrawn.
_PATHS_EVER = (
    sa.select(BRANCH.c.path).distinct().join_from(RIGHT, BRANCH, BRANCH.c.id == RIGHT.c.branch_id)
    .where(*given(RIGHT, "staff_id"))
)  # fmt: skip
_LIST = (
    sa.select(STAFF.c.id, STAFF.c.login, STAFF.c.name, STAFF.c.member_id, STAFF.c.disabled_at)
    .where(STAFF.c.id > sa.bindparam("after_id"))
    .order_by(STAFF.c.id)
)
_ADD = sa.insert(STAFF).returning(STAFF.c.id)
_GRANT = sa.insert(RIGHT).returning(RIGHT.c.id)
_WITHDRAW = (
    sa.update(RIGHT)
    .where(RIGHT.c.id == sa.bindparam("right_id"), RIGHT.c.withdrawn_at.is_(None))
    .values(withdrawn_at=sa.bindparam("now"))
)


def create_staff(
    tx: Transaction, *, login: str, name: str, password_hash: str, member_id: int | None = None, by: Actor
) -> StaffId:
    """Add a member of staff, without rights yet; `member_id` says which volunteer the same person is.

    Refuses a login that is taken, and `not_found` a member outside the actor's branches.
    """
    by = looked_up(tx, by)
    by.paths(Task.ADMINISTER)
    if member_id is not None:
        home_path = tx.scalar(_HOME_PATH, member_id=member_id)
        if home_path is None or not by.sees(home_path):
            raise NotFound
    if tx.maybe(_BY_LOGIN, login=login) is not None:
        raise Invalid({"login": LOGIN_TAKEN})
    staff_id = tx.scalar(
        _ADD, login=login, name=name, password_hash=password_hash, member_id=member_id, created_at=tx.now,
        password_set_by=by.name,
    )  # fmt: skip
    audit.note(tx, by, f"staff:{staff_id}")
    return StaffId(staff_id)


def appoint_staff(
    tx: Transaction, *, login: str, name: str, password_hash: str, role: Role, branch_code: str, by: Actor
) -> StaffId:
    """Add a member of staff with a first right, from today on. Refuses a login that is taken, an unknown branch."""
    branch = find_branch_by_code(tx, branch_code)
    if branch is None:
        raise Invalid({"branch": NO_SUCH_BRANCH})
    created = create_staff(tx, login=login, name=name, password_hash=password_hash, by=by)
    grant_right(tx, created.id, role=role, branch_id=branch.id, by=by)
    return created


def list_staff(tx: Transaction, *, after_id: int | None = None, limit: int, by: Actor) -> list[StaffLine]:
    """Staff with rights in the actor's branches, and those without any right, who belong to the district; by id."""
    paths = by.paths(Task.READ_ADMINISTRATION)
    any_right = sa.exists().where(RIGHT.c.staff_id == STAFF.c.id, _STANDS)
    right_inside = any_right.where(RIGHT.c.branch_id == BRANCH.c.id, below_any(BRANCH.c.path, paths))
    shown = tx.all(_LIST.where(sa.or_(right_inside, ~any_right)).limit(limit), after_id=after_id or 0, today=tx.today)
    rights = _rights_inside(tx, [row.id for row in shown], paths)
    return [
        StaffLine(
            row.id,
            row.login,
            row.name,
            row.member_id,
            row.disabled_at,
            tuple(right for right in rights if right.staff_id == row.id),
        )
        for row in shown
    ]


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
    """Give staff a role over a branch and all below it, from today by default, until 24:00 of `until_on`.

    Refuses a role that is held there already at some of that time, `shut_out` and `password_of_another`.
    """
    by = looked_up(tx, by)
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    held = rights_of(tx, staff_id, by=by)
    require_in_office(tx, staff_id)
    starts_on = from_on or tx.today
    check_dates(from_on=starts_on, until_on=until_on)
    if any(_same_right(right, role, branch_id, starts_on, until_on) for right in held):
        raise Invalid({"role": RIGHT_HELD})
    require_own_password(tx, staff_id, path=branch.path, by=by)
    right_id = tx.scalar(
        _GRANT, staff_id=staff_id, role=role, branch_id=branch_id, from_on=starts_on, until_on=until_on,
        granted_by=by.name, created_at=tx.now,
    )  # fmt: skip
    audit.note(tx, by, f"staff:{staff_id}", f"right:{right_id}")
    return RightId(right_id, starts_on)


def withdraw_right(tx: Transaction, staff_id: int, *, right_id: int, by: Actor) -> None:
    """End a right now. Refuses `not_found` one that has ended, and one outside the actor's branches.

    Nobody takes administration from themselves (`same_person`), nor from the last one who administers the district for
    good (`last_administrator`).
    """
    by = looked_up(tx, by)
    right = next((right for right in rights_of(tx, staff_id, by=by) if right.id == right_id), None)
    if right is None:
        raise NotFound
    branch = branch_seen(tx, right.branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    if right.role is Role.ADMINISTRATOR and staff_id == by.staff_id:
        raise SamePerson
    if right.role is Role.ADMINISTRATOR and branch.parent_id is None:
        keep_an_administrator(tx, staff_id)
    tx.run(_WITHDRAW, right_id=right_id, now=tx.now)
    audit.note(tx, by, f"staff:{staff_id}", f"right:{right_id}")


def withdraw_rights(tx: Transaction, staff_id: int, *, by: Actor) -> list[int]:
    """End now all rights that someone holds in the actor's branches; their ids. Refuses what `withdraw_right` does."""
    ended = [right.id for right in rights_of(tx, staff_id, by=by)]
    for right_id in ended:
        withdraw_right(tx, staff_id, right_id=right_id, by=by)
    return ended


def rights_of(tx: Transaction, staff_id: int, *, by: Actor) -> list[RightLine]:
    """Someone's rights in the actor's branches. Refuses `not_found` staff whose rights all lie elsewhere."""
    by.paths(Task.ADMINISTER)
    rows = tx.all(_RIGHTS, staff_ids=[staff_id], today=tx.today)
    inside = [RightLine(*tuple(row)[:-1]) for row in rows if by.sees(row.path)]
    if tx.maybe(_BY_ID, id=staff_id) is None or (rows and not inside):
        raise NotFound
    return inside


def require_all_of(tx: Transaction, staff_id: int, *, by: Actor) -> None:
    """Refuse `forbidden` unless the actor administers every branch that someone ever had rights over.

    Who never had a right belongs to the whole district, and to who set their password. Refuses `not_found` staff whose
    rights of now or to come all lie elsewhere.
    """
    rights_of(tx, staff_id, by=by)
    paths = [row.path for row in tx.all(_PATHS_EVER, staff_id=staff_id)]
    if not paths and not set_password_of(tx, staff_id, by=by):
        paths = [_district_path(tx)]
    if not all(by.may(Task.ADMINISTER, path) for path in paths):
        raise Forbidden


def _district_path(tx: Transaction) -> str:
    found = district(tx)
    assert found is not None, "opening the bank made it"
    return found.path


def _rights_inside(tx: Transaction, staff_ids: Sequence[int], paths: Sequence[str]) -> list[RightLine]:
    rows = tx.all(_RIGHTS, staff_ids=staff_ids, today=tx.today)
    return [RightLine(*tuple(row)[:-1]) for row in rows if row.path.startswith(tuple(paths))]


def _same_right(right: RightLine, role: Role, branch_id: int, from_on: date, until_on: date | None) -> bool:
    """Whether it is that role there, at some of that time."""
    is_before = right.until_on is not None and right.until_on < from_on
    is_after = until_on is not None and until_on < right.from_on
    return (right.role, right.branch_id) == (role, branch_id) and not is_before and not is_after
