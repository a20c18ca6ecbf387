"""Rule sets over HTTP: the rules in force at a branch on a day, new versions, and trying a draft on a past month."""

import dataclasses
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter

from points_bank.activities.differences import Proposed, differences_left, propose_differences
from points_bank.activities.rule_changes import AddedRules, add_rule_version
from points_bank.activities.trial import Trial, try_rules
from points_bank.actor import Actor, Task
from points_bank.branches.tree import branch_seen
from points_bank.errors import Invalid, message
from points_bank.i18n import translate
from points_bank.rules.drafts import check_draft, to_toml
from points_bank.rules.in_force import RulesInForce, rules_in_force
from points_bank.rules.rule_set import LONGEST_CONTENT_LETTERS, ServiceRole
from points_bank.transaction import Transaction
from points_bank.web import (
    LARGEST_ID,
    Asking,
    Id,
    PathId,
    Reason,
    database_of,
    language,
    respond,
    staff,
    write_keyed,
)

ONE_OF_THEM = message("Send either content, as TOML, or rules, as JSON.")


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


class RulesText(msgspec.Struct, forbid_unknown_fields=True):
    """A rule set: its TOML text as `content`, or the same values as JSON in `rules`; one of them."""

    content: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_CONTENT_LETTERS)] | None = None
    rules: dict[str, Any] | None = None


class NewRuleSet(RulesText, forbid_unknown_fields=True, kw_only=True):
    """Rules of a branch (the district's by default) and all below it, from a day of service on."""

    valid_from_on: date
    branch_id: Id | None = None


class NewTrial(RulesText, forbid_unknown_fields=True, kw_only=True):
    """`month` is `2026-11`; at most `limit` people who gain and who lose are named."""

    month: Annotated[str, msgspec.Meta(min_length=1, max_length=10)]
    branch_id: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 50


class NewDifferences(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`month` is `2026-11`; the branch is that of the rules by default. At most `limit` corrections are proposed."""

    month: Annotated[str, msgspec.Meta(min_length=1, max_length=10)]
    reason: Reason
    branch_id: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class DifferencesShape(msgspec.Struct):
    """Lines whose correction now waits for a second person; `left` is how many can still be asked for."""

    participation_ids: list[int]
    unchanged: int
    left: int


class OddityShape(msgspec.Struct):
    """What is allowed and yet strange, with its line in the text."""

    path: str
    line: int
    explanation: str


class AddedShape(msgspec.Struct):
    id: int
    branch_id: int
    valid_from_on: date
    code: str
    version: int
    oddities: list[OddityShape]


class ChangeShape(msgspec.Struct):
    member_id: int
    points_before: int
    points_after: int


class TrialShape(msgspec.Struct):
    """A month under a draft. `otherwise` counts lines that the books have with other points than the rules in force
    give in logging order. Who gains most and who loses most comes first."""

    month: str
    branch_id: int
    code: str
    version: int
    lines: int
    members: int
    points_before: int
    points_after: int
    lines_changed: int
    otherwise: int
    gainers_count: int
    losers_count: int
    gainers: list[ChangeShape]
    losers: list[ChangeShape]
    oddities: list[OddityShape]


@get("/rule-sets/current", tags=["rules"])
async def current_rule_set(
    request: Asking,
    branch_id: Annotated[int, QueryParameter(ge=1, le=LARGEST_ID)],
    on: Annotated[date | None, QueryParameter(description="A service date; today by default.")] = None,
) -> RuleSetShape:
    """The rules by which service at a branch on a day is reckoned."""
    return _shape(await database_of(request).read(_seen_rules, branch_id=branch_id, on=on, by=staff(request)))


@post("/rule-sets", tags=["rules"])
async def post_rule_set(request: Asking, data: JSONBody[NewRuleSet]) -> Response[AddedShape]:
    """Take a new version of a branch's rules from a day on."""
    toml_text = _toml_text(data)
    answer = await write_keyed(
        request, AddedRules, add_rule_version, toml_text=toml_text, valid_from_on=data.valid_from_on,
        branch_id=data.branch_id, by=staff(request),
    )  # fmt: skip
    added = answer.outcome
    odd = _odd(request, toml_text)
    shown = AddedShape(added.id, added.branch_id, added.valid_from_on, added.code, added.version, odd)
    return respond(answer, shown, status_code=201)


@post("/rule-sets/trial", status_code=200, tags=["rules"])
async def post_trial(request: Asking, data: JSONBody[NewTrial]) -> TrialShape:
    """Reckon a past month again under a draft: who would gain, who would lose, and the totals. Nothing is written."""
    toml_text = _toml_text(data)
    trial = await database_of(request).read(
        try_rules, toml_text=toml_text, month=data.month, branch_id=data.branch_id, by=staff(request)
    )
    return _trial(trial, _odd(request, toml_text), limit=data.limit)


@post("/rule-sets/{rule_set_id:int}/differences", tags=["rules"])
async def post_differences(
    request: Asking, rule_set_id: PathId, data: JSONBody[NewDifferences]
) -> Response[DifferencesShape]:
    """Propose corrections for lines of a month that a version would have awarded otherwise, some at a time.

    Needs an Idempotency-Key.
    """
    by, database = staff(request), database_of(request)
    month, branch_id = data.month, data.branch_id
    left = await database.read(differences_left, rule_set_id, month=month, branch_id=branch_id, by=by)
    answer = await write_keyed(
        request, Proposed, propose_differences, rule_set_id, left[: data.limit], reason=data.reason, by=by,
        key_required=True,
    )  # fmt: skip
    proposed = answer.outcome
    left = await database.read(differences_left, rule_set_id, month=month, branch_id=branch_id, by=by)
    shown = DifferencesShape(proposed.participation_ids, proposed.unchanged, len(left))
    return respond(answer, shown, status_code=201)


ROUTES: list[Any] = [current_rule_set, post_rule_set, post_trial, post_differences]


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


def _toml_text(given: RulesText) -> str:
    """The text that is meant. Refuses `invalid` none and both."""
    if (given.content is None) == (given.rules is None):
        raise Invalid({"content": ONE_OF_THEM})
    return given.content if given.content is not None else to_toml(given.rules or {})


def _odd(request: Asking, toml_text: str) -> list[OddityShape]:
    spoken, odd = language(request), check_draft(toml_text).oddities
    return [OddityShape(each.path, each.line, translate(each.sentence, spoken)) for each in odd]


def _trial(trial: Trial, oddities: list[OddityShape], *, limit: int) -> TrialShape:
    values = {name: getattr(trial, name) for name in TrialShape.__struct_fields__ if hasattr(trial, name)}
    values |= {
        "lines_changed": len(trial.changed),
        "gainers_count": len(trial.gainers),
        "losers_count": len(trial.losers),
        "gainers": trial.gainers[:limit],
        "losers": trial.losers[:limit],
        "oddities": oddities,
    }
    return msgspec.convert(values, TrialShape, from_attributes=True)
