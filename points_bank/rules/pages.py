"""Administration of the rules: those in force, their versions, and a draft: checked, tried on a month, taken."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from points_bank.activities.rule_changes import AddedRules, add_rule_version
from points_bank.activities.trial import Change, Trial, names_in, try_rules
from points_bank.actor import Actor, Task
from points_bank.branches.surroundings import offices
from points_bank.branches.tree import BranchLine, branch_of, branch_seen, district
from points_bank.errors import Invalid, NotFound, PointsBankError
from points_bank.rules.drafts import Oddity, check_draft
from points_bank.rules.in_force import RulesInForce, content_of, rules_in_force
from points_bank.rules.versions import Version, version_of, versions_of
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.validation import NEEDED
from points_bank.web import Asking, Id, PathId, QueryId, database_of, staff

MOST_NAMED = 20
"""As many of those who gain, and of those who lose, as a page names."""


class DraftForm(msgspec.Struct):
    """What is done with a draft: only checked, tried on a month, or taken from a day of service on."""

    deed: Literal["check", "try", "take"]
    branch_id: Id
    content: str = ""
    month: Annotated[str, msgspec.Meta(max_length=10)] = ""
    valid_from_on: date | None = None


class RulesView(msgspec.Struct, frozen=True):
    """The rules in force in a branch, with their text, and the versions of the branch and those above it."""

    branch: BranchLine
    rules: RulesInForce
    content: str
    versions: Sequence[tuple[Version, str]]
    offices: Sequence[BranchLine]
    may_change: bool
    last_month: str


class Tried(msgspec.Struct, frozen=True):
    """A month under a draft, with the names of those who gain most and lose most."""

    trial: Trial
    gainers: Sequence[tuple[Change, str]]
    losers: Sequence[tuple[Change, str]]


class RulesPage(Page, frozen=True, kw_only=True):
    """`problems` are by path and line what is wrong in a draft, `oddities` what is only strange."""

    template: ClassVar[str] = "admin/rules.html"
    view: RulesView
    problems: Sequence[str] = ()
    oddities: Sequence[Oddity] = ()
    is_good: bool = False
    is_taken: bool = False
    tried: Tried | None = None


class VersionPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/version.html"
    version: Version
    content: str


@get("/admin/rules")
async def get_rules(request: Asking, branch_id: QueryId = None, taken: FromQuery[bool] = False) -> Response[str]:
    """The rules in force in a branch, the district by default."""
    return await _rules_page(request, branch_id, is_taken=taken)


@get("/admin/rules/{rule_set_id:int}")
async def get_version(request: Asking, rule_set_id: FromPath[PathId]) -> Response[str]:
    """The text of one version."""
    found = await database_of(request).read(_version, rule_set_id, by=staff(request))
    return show(request, VersionPage(version=found[0], content=found[1]))


@post("/admin/rules", status_code=200)
async def post_draft(request: Asking) -> Response[Any]:
    """Check a draft, try it on a past month, or take it from a day on."""
    form, by = await sent_form(request), staff(request)
    branch_id = None
    try:
        sent = form.read(DraftForm)
        branch_id = sent.branch_id
        oddities = check_draft(sent.content).oddities
        if sent.deed == "take":
            return await _take(request, form, sent, by)
        tried = None if sent.deed == "check" else await _try(request, sent, by)
    except PointsBankError as refusal:
        return await _rules_page(request, branch_id, form.refused(refusal))
    return await _rules_page(request, branch_id, form, oddities=oddities, is_good=True, tried=tried)


async def _take(request: Asking, form: Form, sent: DraftForm, by: Actor) -> Response[Any]:
    if sent.valid_from_on is None:
        raise Invalid({"valid_from_on": NEEDED})
    await write_form(
        request, form, AddedRules, add_rule_version, toml_text=sent.content, valid_from_on=sent.valid_from_on,
        branch_id=sent.branch_id, by=by,
    )  # fmt: skip
    return go_to(f"/admin/rules?branch_id={sent.branch_id}&taken=true")


async def _try(request: Asking, sent: DraftForm, by: Actor) -> Tried:
    return await database_of(request).read(
        _tried, toml_text=sent.content, month=sent.month, branch_id=sent.branch_id, by=by
    )


async def _rules_page(request: Asking, branch_id: int | None, form: Form | None = None, **shown: Any) -> Response[str]:
    view = await database_of(request).read(_view, branch_id=branch_id, by=staff(request))
    refusal = form.refusal if form else None
    problems = list(refusal.fields) if isinstance(refusal, Invalid) else []
    return show(request, RulesPage(view=view, problems=problems, **shown), form)


def _view(tx: Transaction, *, branch_id: int | None, by: Actor) -> RulesView:
    branch = district(tx) if branch_id is None else branch_seen(tx, branch_id, by=by)
    if branch is None:
        raise NotFound
    by.require(Task.READ_ADMINISTRATION, branch.path)
    rules = rules_in_force(tx, branch_path=branch.path, on=tx.today)
    names = {each.id: each.name for each in (branch_of(tx, branch_id) for branch_id in _ids(branch))}
    versions = [(each, names[each.branch_id]) for each in versions_of(tx, list(names))]
    return RulesView(
        branch, rules, content_of(tx, rule_set_id=rules.id), versions, offices(tx, by=by),
        by.may(Task.ADMINISTER, branch.path), _last_month(tx),
    )  # fmt: skip


def _tried(tx: Transaction, *, toml_text: str, month: str, branch_id: int, by: Actor) -> Tried:
    trial = try_rules(tx, toml_text=toml_text, month=month, branch_id=branch_id, by=by)
    gainers, losers = trial.gainers[:MOST_NAMED], trial.losers[:MOST_NAMED]
    names = names_in(tx, [*gainers, *losers])
    return Tried(
        trial,
        [(each, names[each.member_id]) for each in gainers],
        [(each, names[each.member_id]) for each in losers],
    )


def _version(tx: Transaction, rule_set_id: int, *, by: Actor) -> tuple[Version, str]:
    version = version_of(tx, rule_set_id)
    by.require(Task.READ_ADMINISTRATION, branch_of(tx, version.branch_id).path)
    return version, content_of(tx, rule_set_id=rule_set_id)


def _ids(branch: BranchLine) -> list[int]:
    return [int(part) for part in branch.path.strip("/").split("/")]


def _last_month(tx: Transaction) -> str:
    return (tx.today.replace(day=1) - timedelta(days=1)).isoformat()[:7]


PAGES: list[Any] = [get_rules, get_version, post_draft]
