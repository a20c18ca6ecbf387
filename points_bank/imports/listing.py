"""The imports that were sent for the actor's branches."""

import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below_any, branch_seen
from points_bank.columns import table_of
from points_bank.imports.models import ImportFile
from points_bank.imports.running import COLUMNS, ImportLine
from points_bank.transaction import Transaction

FILE, BRANCH = table_of(ImportFile), table_of(Branch)

_LIST = (
    sa.select(*COLUMNS)
    .join_from(FILE, BRANCH, BRANCH.c.id == FILE.c.branch_id)
    .where(FILE.c.id < sa.bindparam("before"))
    .order_by(FILE.c.id.desc())
)
_NEWEST = 2**62


def list_imports(
    tx: Transaction, *, branch_id: int | None, before: int | None, limit: int, by: Actor
) -> list[ImportLine]:
    """Imports for branches in which the actor may send files, newest first; one more than `limit` if there are more."""
    roots = by.paths(Task.KEEP_MEMBERS)
    shown = _LIST.where(below_any(BRANCH.c.path, roots)).limit(limit + 1)
    if branch_id is not None:
        shown = shown.where(BRANCH.c.path.startswith(branch_seen(tx, branch_id, by=by).path))
    return [ImportLine(**row._asdict()) for row in tx.all(shown, before=before or _NEWEST)]
