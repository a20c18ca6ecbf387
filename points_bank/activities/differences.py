"""Differences: what a version of the rules would have given in a month before it, carried out by corrections only."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from points_bank.activities.correction import CORRECTION, propose_correction
from points_bank.activities.reading import line_seen
from points_bank.activities.rule_changes import branch_ruled
from points_bank.activities.trial import try_rules
from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_of
from points_bank.columns import given
from points_bank.errors import Invalid, NotFound, message
from points_bank.rules.in_force import RULE_SET, content_of
from points_bank.transaction import Transaction

OTHER_RULES = message("These rules are not of this branch or one above it.")


class Proposed(msgspec.Struct, frozen=True):
    """Lines for which a correction was proposed, and how many need none after all."""

    participation_ids: list[int]
    unchanged: int


_RULES = sa.select(RULE_SET.c.branch_id).where(*given(RULE_SET, "id"))
_PENDING = sa.select(CORRECTION.c.participation_id).where(CORRECTION.c.decided_at.is_(None))


def differences_left(
    tx: Transaction, rule_set_id: int, *, month: str, branch_id: int | None = None, by: Actor
) -> list[int]:
    """The lines of a month that a version of the rules would have awarded otherwise, without those that wait already.

    Of the branch (that of the rules by default) and all below it, and none of the actor's own. Refuses what
    `try_rules` refuses, `not_found` rules that are not there, and `invalid` rules of another branch.
    """
    rules = tx.maybe(_RULES, id=rule_set_id)
    if rules is None:
        raise NotFound
    branch = branch_ruled(tx, branch_id or rules.branch_id, by=by)
    if not branch.path.startswith(branch_of(tx, rules.branch_id).path):
        raise Invalid({"branch_id": OTHER_RULES})
    content = content_of(tx, rule_set_id=rule_set_id)
    trial = try_rules(tx, toml_text=content, month=month, branch_id=branch.id, by=by)
    waiting = {row.participation_id for row in tx.all(_PENDING)}
    return [
        line.participation_id
        for line in trial.changed
        if line.participation_id not in waiting and line.member_id != by.member_id
    ]


def propose_differences(
    tx: Transaction, rule_set_id: int, participation_ids: Sequence[int], *, reason: str, by: Actor
) -> Proposed:
    """Propose for each line that it be reckoned by a version of the rules, its minutes as they are.

    A second person approves each, as every correction. A line whose points would stay, after what was corrected since,
    is left alone. Refuses what `propose_correction` refuses.
    """
    proposed = []
    for participation_id in participation_ids:
        minutes = line_seen(tx, participation_id, task=Task.LOG, by=by).minutes
        try:
            propose_correction(tx, participation_id, minutes=minutes, reason=reason, rule_set_id=rule_set_id, by=by)
        except Invalid:  # Nothing changes: it raises before it writes.
            continue
        proposed.append(participation_id)
    return Proposed(proposed, len(participation_ids) - len(proposed))
