"""New versions of the rules: taken from a day on, before anything was logged for it. Nothing is ever rewritten."""

from datetime import date

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.models import ActivityState
from points_bank.activities.reckoning import ACTIVITY
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import BranchLine, below, branch_seen, check_dates, district
from points_bank.columns import table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.rules.drafts import check_draft
from points_bank.rules.in_force import add_rule_set
from points_bank.transaction import Transaction

BRANCH = table_of(Branch)

ALREADY_LOGGED = message(
    "Service of {logged_on} is logged already. Rules are not changed backwards: take a later day, and correct what "
    "was logged."
)

_LAST_LOGGED = (
    sa.select(sa.func.max(ACTIVITY.c.service_on))
    .join_from(ACTIVITY, BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
    .where(
        below(BRANCH.c.path),
        ACTIVITY.c.service_on >= sa.bindparam("from_on"),
        ACTIVITY.c.state.not_in((ActivityState.REJECTED, ActivityState.RETURNED)),
    )
)


class AddedRules(msgspec.Struct, frozen=True):
    """A version as taken. What is strange about it is told by `check_draft`."""

    id: int
    branch_id: int
    valid_from_on: date
    code: str
    version: int


def add_rule_version(
    tx: Transaction, *, toml_text: str, valid_from_on: date, branch_id: int | None = None, by: Actor
) -> AddedRules:
    """Take a version of a branch's rules (the district's by default), for itself and all below it, from a day on.

    Refuses `invalid`, by line, what `check_draft` refuses; what `add_rule_set` refuses; and a day on or after which
    service of these branches is logged: an award keeps the rules by which it was reckoned.
    """
    branch = branch_ruled(tx, branch_id, by=by)
    draft = check_draft(toml_text)
    check_dates(valid_from_on=valid_from_on, valid_until_on=None)
    logged_on = tx.scalar(_LAST_LOGGED, path=branch.path, from_on=valid_from_on)
    if logged_on is not None:
        raise Invalid({"valid_from_on": ALREADY_LOGGED}, logged_on=logged_on)
    added = add_rule_set(tx, branch_id=branch.id, content=toml_text, valid_from_on=valid_from_on)
    audit.note(tx, by, f"rule_set:{added.id}", f"branch:{branch.id}")
    return AddedRules(added.id, branch.id, valid_from_on, draft.rule_set.code, draft.rule_set.version)


def branch_ruled(tx: Transaction, branch_id: int | None, *, by: Actor) -> BranchLine:
    """The branch whose rules the actor may change; the district by default. Refuses `not_found` and `forbidden`."""
    branch = district(tx) if branch_id is None else branch_seen(tx, branch_id, by=by)
    if branch is None:
        raise NotFound
    by.require(Task.ADMINISTER, branch.path)
    return branch
