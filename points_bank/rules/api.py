"""Rule sets over HTTP: the rules in force at a branch on a day."""

import dataclasses
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.params import QueryParameter

from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_seen
from points_bank.rules.in_force import RulesInForce, rules_in_force
from points_bank.rules.rule_set import ServiceRole
from points_bank.transaction import Transaction
from points_bank.web import LARGEST_ID, Asking, database_of, staff


class NameShape(msgspec.Struct):
    zh: str
    en: str


class PerUnitShape(msgspec.Struct, tag_field="kind", tag="per_unit"):
    name: NameShape
    unit_minutes: int
    points_per_unit: int
    limit_minutes_per_activity: int


class PerSessionShape(msgspec.Struct, tag_field="kind", tag="per_session"):
    name: NameShape
    points: int
    minimum_minutes: int
    sessions_per_day: int


class PerCaseShape(msgspec.Struct, tag_field="kind", tag="per_case"):
    name: NameShape
    points: int
    referred_points: int
    mediators_per_case: int
    follow_up_days: int


class RuleSetShape(msgspec.Struct):
    """`branch_id` is whose rules they are; `valid_from_on` is null where they have always applied."""

    id: int
    branch_id: int
    valid_from_on: date | None
    code: str
    version: int
    name: NameShape
    roles: dict[ServiceRole, PerUnitShape | PerSessionShape | PerCaseShape]
    lead_points: int
    day_cap_points: int
    month_cap_points: int
    notice_working_days: int
    late_entry_days: int
    late_entry_with_evidence_days: int
    years_kept: int
    grace_days: int
    redemption_minimum_points: int
    visit_limit_items: int
    month_limit_points: int
    household_month_limit_points: int
    reservation_days: int
    reservation_tries: int
    balance_floor_points: int
    star_hours: tuple[int, ...]


@get("/rule-sets/current", tags=["rules"])
async def current_rule_set(
    request: Asking,
    branch_id: Annotated[int, QueryParameter(gt=0, le=LARGEST_ID)],
    on: Annotated[date | None, QueryParameter(description="A service date; today by default.")] = None,
) -> RuleSetShape:
    """The rules by which service at a branch on a day is reckoned."""
    return _shape(await database_of(request).read(_seen_rules, branch_id=branch_id, on=on, by=staff(request)))


ROUTES: list[Any] = [current_rule_set]


def _seen_rules(tx: Transaction, *, branch_id: int, on: date | None, by: Actor) -> RulesInForce:
    # Rules know no branches, so it is here, at the edge, that a branch's id becomes its path.
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_ADMINISTRATION, branch.path)
    return rules_in_force(tx, branch_path=branch.path, on=on or tx.today)


def _shape(found: RulesInForce) -> RuleSetShape:
    rules = found.rule_set
    numbers = {name: getattr(rules, name) for name in RuleSetShape.__struct_fields__ if hasattr(rules, name)}
    values = {
        **numbers,
        "id": found.id,
        "branch_id": found.branch_id,
        "valid_from_on": found.valid_from_on,
        "name": dataclasses.asdict(rules.name),
        "roles": {role: {"kind": rule.kind, **dataclasses.asdict(rule)} for role, rule in rules.by_role.items()},
    }
    return msgspec.convert(values, RuleSetShape)
