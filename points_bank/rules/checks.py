"""What must hold of the rule sets that are kept."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.checks import Check
from points_bank.columns import table_of
from points_bank.errors import Invalid
from points_bank.rules.models import RuleSetVersion
from points_bank.rules.rule_set import parse_rule_set
from points_bank.transaction import Transaction

RULE_SET = table_of(RuleSetVersion)

_VERSIONS = sa.select(RULE_SET.c.id, RULE_SET.c.code, RULE_SET.c.version, RULE_SET.c.content).order_by(RULE_SET.c.id)


def unreadable_versions(tx: Transaction) -> Iterator[str]:
    """Versions that cannot be read any more, or that say another code or version than their row."""
    for row in tx.all(_VERSIONS):
        try:
            rules = parse_rule_set(row.content)
        except Invalid as refusal:
            yield f"rule set {row.id}: {', '.join(refusal.fields)} cannot be read"
        else:
            if (rules.code, rules.version) != (row.code, row.version):
                yield f"rule set {row.id}: kept as {row.code} {row.version}, says {rules.code} {rules.version}"


CHECKS = (Check("rule sets can be read", unreadable_versions),)
