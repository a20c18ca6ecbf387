"""Which rules apply where and when: a branch's own version, or else that of the nearest branch above it."""

from datetime import date
from functools import lru_cache

import msgspec
import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.rules.models import RuleSetVersion
from points_bank.rules.rule_set import RuleSet, parse_rule_set
from points_bank.transaction import Transaction

RULE_SET = table_of(RuleSetVersion)

SAME_VERSION = message("This version of these rules is there already.")
SAME_DAY = message("Another version applies from that day on.")
OUT_OF_ORDER = message("Versions of the same rules that apply later have higher numbers.")

_OF_BRANCH = sa.select(RULE_SET.c.code, RULE_SET.c.version, RULE_SET.c.valid_from_on).where(
    *given(RULE_SET, "branch_id")
)
_BY_THAT_DAY = sa.select(RULE_SET.c.id, RULE_SET.c.branch_id, RULE_SET.c.valid_from_on, RULE_SET.c.content).where(
    RULE_SET.c.branch_id.in_(sa.bindparam("branch_ids", expanding=True)),
    sa.or_(RULE_SET.c.valid_from_on.is_(None), RULE_SET.c.valid_from_on <= sa.bindparam("on")),
)
_CONTENT = sa.select(RULE_SET.c.content).where(*given(RULE_SET, "id"))
_ADD = sa.insert(RULE_SET).returning(RULE_SET.c.id)


class RulesInForce(msgspec.Struct, frozen=True):
    """The version that applies; `id` is what an award keeps, `branch_id` is whose rules they are.

    `valid_from_on` is the first service date it applies to, or None where it has always applied.
    """

    id: int
    branch_id: int
    valid_from_on: date | None
    rule_set: RuleSet


def add_rule_set(tx: Transaction, *, branch_id: int, content: str, valid_from_on: date | None) -> RulesInForce:
    """Add a version of a branch's rules, for itself and all below it; without a day it has always applied.

    Refuses with `Invalid` a content that `parse_rule_set` refuses, a version that is there, a day that is taken, and
    a number that does not go up with the days.
    """
    rule_set = parse_rule_set(content)
    for row in tx.all(_OF_BRANCH, branch_id=branch_id):
        if (row.code, row.version) == (rule_set.code, rule_set.version):
            raise Invalid({"version": SAME_VERSION})
        if row.valid_from_on == valid_from_on:
            raise Invalid({"valid_from_on": SAME_DAY})
        is_before = (row.valid_from_on or date.min) < (valid_from_on or date.min)
        if row.code == rule_set.code and is_before != (row.version < rule_set.version):
            raise Invalid({"version": OUT_OF_ORDER})
    rule_set_id = tx.scalar(
        _ADD,
        branch_id=branch_id,
        code=rule_set.code,
        version=rule_set.version,
        valid_from_on=valid_from_on,
        content=content,
        created_at=tx.now,
    )
    return RulesInForce(rule_set_id, branch_id, valid_from_on, rule_set)


def rules_in_force(tx: Transaction, *, branch_path: str, on: date) -> RulesInForce:
    """The rules of a branch on a service date. `branch_path` is the ids from the district down: `/1/4/9/`.

    A version that starts later does not count yet: the branch above still rules. `NotFound` where nobody has rules.
    """
    branch_ids = [int(part) for part in branch_path.strip("/").split("/")]
    versions = tx.all(_BY_THAT_DAY, branch_ids=branch_ids, on=on)
    if not versions:
        raise NotFound
    in_force = max(versions, key=lambda row: (branch_ids.index(row.branch_id), row.valid_from_on or date.min))
    return RulesInForce(in_force.id, in_force.branch_id, in_force.valid_from_on, _parsed(in_force.content))


def rule_set_of(tx: Transaction, *, rule_set_id: int) -> RuleSet:
    """A version by its id, for awards that were given under it."""
    return _parsed(content_of(tx, rule_set_id=rule_set_id))


def content_of(tx: Transaction, *, rule_set_id: int) -> str:
    """The text of a version, as it was entered."""
    content: str | None = tx.scalar(_CONTENT, id=rule_set_id)
    if content is None:
        raise NotFound
    return content


# By content, not by id: one process may open several banks, whose ids mean different versions.
@lru_cache(maxsize=256)
def _parsed(content: str) -> RuleSet:
    return parse_rule_set(content)
