"""Where a file may write: the branch it is imported for and all below, as far as the actor's rights go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import BranchLine
from points_bank.columns import table_of
from points_bank.errors import message
from points_bank.imports.headings import Fault
from points_bank.members.details import BRANCH_ENDED
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

BRANCH, STAFF = table_of(Branch), table_of(Staff)

NO_SUCH_BRANCH = message("There is no such branch below {branch}.")
SEVERAL_BRANCHES = message("Several branches have this name: write the code of one.")

_NAMED = sa.select(BRANCH.c.id, BRANCH.c.code, BRANCH.c.name, BRANCH.c.path, BRANCH.c.valid_until_on).where(
    sa.or_(
        BRANCH.c.code.in_(sa.bindparam("texts", expanding=True)),
        BRANCH.c.name.in_(sa.bindparam("texts", expanding=True)),
    )
)
_PRIVATE = sa.select(STAFF.c.member_id).where(
    STAFF.c.id.in_(sa.bindparam("staff_ids", expanding=True)), STAFF.c.member_id.is_not(None)
)


def members_behind(tx: Transaction, *names: str | None) -> frozenset[int]:
    """The members that staff are in private life, by how the books name staff (`staff:5`)."""
    staff_ids = [int(name.removeprefix("staff:")) for name in names if name and name.startswith("staff:")]
    return frozenset(row.member_id for row in tx.all(_PRIVATE, staff_ids=staff_ids)) if staff_ids else frozenset()


@dataclass(slots=True)
class Scope:
    """A branch of a file and who imports it, with the branches that were already looked up by code or name."""

    branch: BranchLine
    task: Task
    by: Actor
    sent_by: str = ""
    """Who proposed the file, where `by` approves it (`staff:5`)."""
    own_ids: frozenset[int] = frozenset()
    """The members whom those who sent, approved and carry out the file are themselves: no points come to them by it."""
    takes_visitors: bool = False
    """Whether people of other branches stand in the file: on a sign-in sheet neighbours do."""
    _found: dict[str, "int | Fault"] = field(default_factory=dict)

    def find_branches(self, tx: Transaction, texts: Iterable[str]) -> None:
        """Look up branches by code, or else by a name that only one of them has."""
        wanted = sorted({text for text in texts if text not in self._found})
        if not wanted:
            return
        rows = [row for row in tx.all(_NAMED, texts=wanted) if self.reaches(row.path)]
        for text in wanted:
            self._found[text] = self._choose(tx, text, rows)

    def branch_of(self, text: str | None) -> "int | Fault":
        """The id of a branch that was looked up; without a text, of the file's own."""
        return self.branch.id if text is None else self._found[text]

    def _choose(self, tx: Transaction, text: str, rows: Sequence[Any]) -> "int | Fault":
        hits = [row for row in rows if row.code == text] or [row for row in rows if row.name == text]
        if len(hits) > 1:
            return Fault("branch", SEVERAL_BRANCHES)
        if not hits:
            return Fault("branch", NO_SUCH_BRANCH, {"branch": self.branch.name})
        if hits[0].valid_until_on is not None and hits[0].valid_until_on < tx.today:
            return Fault("branch", BRANCH_ENDED)
        return int(hits[0].id)

    def knows(self, path: str) -> bool:
        """Whether members of a branch are found without their card."""
        return self.by.may(self.task, path) if self.takes_visitors else self.reaches(path)

    def reaches(self, path: str) -> bool:
        """Whether a branch is among those that the file may write for."""
        return path.startswith(self.branch.path) and self.by.may(self.task, path)
