"""`points-bank rules`: the rules in force, and drafts: checked, tried on a past month, taken from a day on."""

from datetime import date, datetime
from pathlib import Path

import msgspec
import rich_click as click

from points_bank.activities.rule_changes import AddedRules, add_rule_version
from points_bank.activities.trial import Change, Trial, try_rules
from points_bank.actor import SYSTEM
from points_bank.branches.tree import BranchLine, district, find_branch_by_code
from points_bank.cli.terminal import as_json, in_bank, print_json, say, sentence
from points_bank.errors import Invalid, message
from points_bank.rules.drafts import Draft, check_draft
from points_bank.rules.in_force import content_of, rules_in_force
from points_bank.settings import Settings
from points_bank.staff.people import NO_SUCH_BRANCH
from points_bank.transaction import Transaction

TRIAL_LIMIT_SECONDS = 600.0
MOST_SHOWN = 20

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
BRANCH = click.option("--branch", metavar="CODE", help="Where; the district by default.")


@click.group()
def rules() -> None:
    """The rules by which service earns points."""


@rules.command("show")
@BRANCH
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The service date; today by default.")
def show(branch: str | None, on: datetime | None) -> None:
    """Print the rule set in force, as the TOML it was entered with."""
    content = in_bank(lambda bank: bank.read(_content_in_force, branch_code=branch, on=on.date() if on else None))
    click.echo(content.rstrip("\n"))


@rules.command("check")
@FILE
def check(file: Path) -> None:
    """Say what is wrong in a TOML FILE with rules, by line; end with 0 where it may be taken."""
    draft = _draft(file)
    _say_what_is_odd(draft)
    say(message("{code}, version {version}: may be taken."), code=draft.rule_set.code, version=draft.rule_set.version)


@rules.command("add")
@FILE
@click.option("--valid-from", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The first day of service.")
@BRANCH
def add(file: Path, valid_from: datetime, branch: str | None) -> None:
    """Take the rules in a TOML FILE from a day on, for a branch and all below it."""
    draft = _draft(file)
    _say_what_is_odd(draft)
    added = in_bank(
        lambda bank: bank.write(
            add_version, toml_text=draft.content, valid_from_on=valid_from.date(), branch_code=branch
        )
    )
    say(
        message("{code}, version {version}, applies to service from {valid_from_on} on."),
        code=added.code,
        version=added.version,
        valid_from_on=added.valid_from_on,
    )


@rules.command("try")
@FILE
@click.option("--month", required=True, metavar="YYYY-MM", help="The month to reckon again.")
@BRANCH
@as_json
def try_file(file: Path, month: str, branch: str | None, is_json: bool) -> None:
    """Reckon a past month again under the rules in a TOML FILE: who would gain, who would lose. Nothing is written."""
    draft = _draft(file)
    patient = Settings().model_copy(update={"act_limit_seconds": TRIAL_LIMIT_SECONDS})
    trial = in_bank(
        lambda bank: bank.read(_try, toml_text=draft.content, month=month, branch_code=branch), settings=patient
    )
    if is_json:
        print_json(msgspec.to_builtins(trial))
        return
    _say_what_is_odd(draft)
    _show(trial)


def add_version(tx: Transaction, *, toml_text: str, valid_from_on: date, branch_code: str | None) -> AddedRules:
    branch = _branch(tx, branch_code)
    return add_rule_version(tx, toml_text=toml_text, valid_from_on=valid_from_on, branch_id=branch.id, by=SYSTEM)


def _try(tx: Transaction, *, toml_text: str, month: str, branch_code: str | None) -> Trial:
    return try_rules(tx, toml_text=toml_text, month=month, branch_id=_branch(tx, branch_code).id, by=SYSTEM)


def _show(trial: Trial) -> None:
    say(
        message("{month} under {code}, version {version}: {lines} lines of {members} people, {changed} lines change."),
        month=trial.month, code=trial.code, version=trial.version, lines=trial.lines, members=trial.members,
        changed=len(trial.changed),
    )  # fmt: skip
    more = trial.points_after - trial.points_before
    say(
        message("Points: {before} as it was, {after} under the draft ({more:+})."),
        before=trial.points_before, after=trial.points_after, more=more,
    )  # fmt: skip
    _show_people(sentence(message("Gain: {count}"), count=len(trial.gainers)), trial.gainers)
    _show_people(sentence(message("Lose: {count}"), count=len(trial.losers)), trial.losers)
    if trial.otherwise:
        say(
            message(
                "{count} lines have other points in the books than today's rules give in logging order, because they "
                "were approved in another order or corrected; that is part of the difference."
            ),
            count=trial.otherwise,
        )


def _show_people(heading: str, changes: list[Change]) -> None:
    click.echo(heading)
    for each in changes[:MOST_SHOWN]:
        more = each.points_after - each.points_before
        click.echo(f"  {each.member_id:>8}  {each.points_before:>5} -> {each.points_after:>5}  {more:+}")
    if len(changes) > MOST_SHOWN:
        say(message("  and {count} more; --json lists all"), count=len(changes) - MOST_SHOWN)


def _say_what_is_odd(draft: Draft) -> None:
    for each in draft.oddities:
        click.echo(f"{each.path} ({each.line}): {sentence(each.sentence)}", err=True)


def _draft(file: Path) -> Draft:
    try:
        return check_draft(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise Invalid({"content": message("This cannot be read as UTF-8.")}) from None


def _branch(tx: Transaction, branch_code: str | None) -> BranchLine:
    branch = find_branch_by_code(tx, branch_code) if branch_code else district(tx)
    if branch is None:
        raise Invalid({"branch": NO_SUCH_BRANCH})
    return branch


def _content_in_force(tx: Transaction, *, branch_code: str | None, on: date | None) -> str:
    in_force = rules_in_force(tx, branch_path=_branch(tx, branch_code).path, on=on or tx.today)
    return content_of(tx, rule_set_id=in_force.id)
