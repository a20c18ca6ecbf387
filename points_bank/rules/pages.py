"""Administration of the rules: those in force, their versions, and a draft: checked, tried on a month, taken.

A draft is one TOML text. It may be shown as a form, whose fields are written into the text before anything is done.
"""

from collections.abc import Mapping, Sequence
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
from points_bank.rules.drafts import Oddity, check_draft, refuse_broken
from points_bank.rules.fields import KIND_WORDS, LABELS, DraftFields, fields_of, with_fields
from points_bank.rules.in_force import RulesInForce, content_of, rules_in_force
from points_bank.rules.versions import Version, version_of, versions_of
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.validation import NEEDED
from points_bank.web import Asking, Id, PathId, QueryId, database_of, staff

MOST_NAMED = 20
"""As many of those who gain, and of those who lose, as a page names."""


Look = Literal["form", "toml"]
"""How a draft is shown."""


class DraftForm(msgspec.Struct):
    """What is done with a draft: only checked, tried on a month, taken from a day of service on; or shown otherwise,
    as a form (with other fields where the kind of a rule was changed) or as TOML. `view` is how it came."""

    deed: Literal["check", "try", "take", "form", "toml"]
    branch_id: Id
    view: Look = "toml"
    content: str = ""
    month: Annotated[str, msgspec.Meta(max_length=10)] = ""
    valid_from_on: date | None = None


class RulesView(msgspec.Struct, frozen=True):
    """The rules in force in a branch, their text as the draft of the next version, and the versions of the
    branch and of those above it."""

    branch: BranchLine
    rules: RulesInForce
    draft: str
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
    """`problems` are by path and line what is wrong in a draft, but what stands beside its field; `oddities` what is
    only strange. `fields` are those of the draft where it is shown as a form."""

    template: ClassVar[str] = "admin/rules.html"
    view: RulesView
    content: str
    fields: DraftFields | None
    problems: Sequence[str] = ()
    oddities: Sequence[Oddity] = ()
    is_good: bool = False
    is_taken: bool = False
    tried: Tried | None = None

    @property
    def kinds(self) -> Mapping[str, str]:
        return KIND_WORDS

    def label_of(self, path: str) -> str:
        """What the form calls a value."""
        return LABELS.get(path, path)


class VersionPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "admin/version.html"
    version: Version
    content: str


@get("/admin/rules")
async def get_rules(
    request: Asking, branch_id: QueryId = None, view: FromQuery[Look] = "form", taken: FromQuery[bool] = False
) -> Response[str]:
    """The rules in force in a branch, the district by default."""
    return await _rules_page(request, branch_id, view, is_taken=taken)


@get("/admin/rules/{rule_set_id:int}")
async def get_version(request: Asking, rule_set_id: FromPath[PathId]) -> Response[str]:
    """The text of one version."""
    found = await database_of(request).read(_version, rule_set_id, by=staff(request))
    return show(request, VersionPage(version=found[0], content=found[1]))


@post("/admin/rules", status_code=200)
async def post_draft(request: Asking) -> Response[Any]:
    """Check a draft, try it on a past month, or take it from a day on."""
    form, by = await sent_form(request), staff(request)
    branch_id, view = None, form.value("view")
    try:
        sent = form.read(DraftForm)
        branch_id, view = sent.branch_id, sent.view
        if sent.view == "form":
            sent.content = with_fields(sent.content, {name: typed[0] for name, typed in form.values.items()})
            form = msgspec.structs.replace(form, values={**form.values, "content": [sent.content]})
        if sent.deed in ("form", "toml"):
            refuse_broken(sent.content)
            return await _rules_page(request, branch_id, sent.deed, form)
        oddities = check_draft(sent.content).oddities
        if sent.deed == "take":
            return await _take(request, form, sent, by)
        tried = None if sent.deed == "check" else await _try(request, sent, by)
    except PointsBankError as refusal:
        return await _rules_page(request, branch_id, view, form.refused(_in_form(refusal, view)))
    return await _rules_page(request, branch_id, view, form, oddities=oddities, is_good=True, tried=tried)


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


async def _rules_page(
    request: Asking, branch_id: int | None, view: str, form: Form | None = None, **shown: Any
) -> Response[str]:
    rules, form = await database_of(request).read(_view, branch_id=branch_id, by=staff(request)), form or Form()
    content = form.value("content") or rules.draft
    fields = fields_of(content) if view == "form" else None
    beside = {"content", "month", "valid_from_on"} | (fields.paths | {"star_hours"} if fields else set())
    problems = [path for path in form.problems if path not in beside]
    return show(request, RulesPage(view=rules, content=content, fields=fields, problems=problems, **shown), form)


def _in_form(refusal: PointsBankError, view: str) -> PointsBankError:
    """What is wrong with a draft, by the names of the form's fields, which have no lines."""
    if view != "form" or not isinstance(refusal, Invalid):
        return refusal
    return Invalid({path.partition(" (line ")[0]: sentence for path, sentence in refusal.fields.items()})


def _view(tx: Transaction, *, branch_id: int | None, by: Actor) -> RulesView:
    branch = district(tx) if branch_id is None else branch_seen(tx, branch_id, by=by)
    if branch is None:
        raise NotFound
    by.require(Task.READ_ADMINISTRATION, branch.path)
    rules = rules_in_force(tx, branch_path=branch.path, on=tx.today)
    names = {each.id: each.name for each in (branch_of(tx, branch_id) for branch_id in _ids(branch))}
    versions = [(each, names[each.branch_id]) for each in versions_of(tx, list(names))]
    draft = _next_draft(content_of(tx, rule_set_id=rules.id), rules.rule_set.version)
    return RulesView(
        branch, rules, draft, versions, offices(tx, by=by),
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


def _next_draft(content: str, version: int) -> str:
    """The text with the version raised, which every change needs."""
    return with_fields(content, {"version": str(version + 1)})


def _last_month(tx: Transaction) -> str:
    return (tx.today.replace(day=1) - timedelta(days=1)).isoformat()[:7]


PAGES: list[Any] = [get_rules, get_version, post_draft]
