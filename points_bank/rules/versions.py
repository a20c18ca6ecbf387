"""The versions of somebody's rules: what applies, what applied before, what will."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from points_bank.columns import given
from points_bank.errors import NotFound
from points_bank.rules.in_force import RULE_SET
from points_bank.transaction import Transaction


class Version(msgspec.Struct, frozen=True):
    """A version of a branch's rules; without a day it has always applied."""

    id: int
    branch_id: int
    code: str
    version: int
    valid_from_on: date | None
    created_at: datetime


_VERSION = sa.select(*(RULE_SET.c[name] for name in Version.__struct_fields__))
_BY_ID = _VERSION.where(*given(RULE_SET, "id"))
_OF_BRANCHES = _VERSION.where(RULE_SET.c.branch_id.in_(sa.bindparam("branch_ids", expanding=True))).order_by(
    RULE_SET.c.id.desc()
)


def versions_of(tx: Transaction, branch_ids: Sequence[int]) -> list[Version]:
    """The versions of these branches' own rules, the newest first."""
    return [Version(*row) for row in tx.all(_OF_BRANCHES, branch_ids=branch_ids)]


def version_of(tx: Transaction, rule_set_id: int) -> Version:
    """A version by its id. Refuses `not_found`."""
    row = tx.maybe(_BY_ID, id=rule_set_id)
    if row is None:
        raise NotFound
    return Version(*row)
