"""`points-bank jobs`, `points-bank calendar` and `points-bank rules`."""

import json
import tomllib

from points_bank.activities.approval import approve_activity
from points_bank.activities.logbook import log_activity
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.actor import SYSTEM, Role
from points_bank.members.register import register_member
from points_bank.rules.rule_set import ServiceRole, reference_content
from tests.bank import DAILY, Bank, at
from tests.cli.conftest import Command

NEW_YEAR = """
year = 2027
working = [2027-01-09]

[[holidays]]
from_on = 2027-01-01
until_on = 2027-01-03
name = "元旦"
"""


async def approve_on_30_december(bank: Bank) -> None:
    """Service of that day, which settles three working days later."""
    bank.clock.set(at("2026-12-30 17:00"))
    member = await bank.database.write(register_member, name="张伟", branch_id=1, by=SYSTEM)
    sheet = Sheet(
        branch_id=1, role=ServiceRole.SERVICE, title="清洁", started_at=at("2026-12-30 08:00"),
        ended_at=at("2026-12-30 09:00"), lines=[SheetLine(member_id=member.id)],
    )  # fmt: skip
    logged = await bank.database.write(log_activity, sheet, by=await bank.staff(Role.RECORDER))
    assert logged.id is not None
    await bank.database.write(approve_activity, logged.id, by=await bank.staff(Role.APPROVER))


async def test_a_calendar_moves_what_was_reckoned_without_it_and_the_jobs_follow(bank: Bank, opened: Command) -> None:
    await approve_on_30_december(bank)
    opened.env["POINTS_BANK_CLOCK"] = "2026-12-31T09:00:00+08:00"
    assert "\nsettle: 2027-01-05T00:00:00+08:00\n" in opened.told("jobs", "list")
    assert opened.told("jobs", "run") == "Nothing was due."
    file = opened.folder / "2027.toml"
    file.write_text(NEW_YEAR, encoding="utf-8")
    said = opened.told("calendar", "load", str(file))
    assert said == "2027: days off 3, make-up days 1; ends of running periods moved: 1."
    listed = {each["job"]: each["next_due_at"] for each in json.loads(opened.told("jobs", "list", "--json"))}
    assert listed["settle"] == "2027-01-06T00:00:00+08:00"
    opened.env["POINTS_BANK_CLOCK"] = "2027-01-06T08:00:00+08:00"
    done = [each for each in json.loads(opened.told("jobs", "run", "--json")) if each["job"] not in DAILY]
    assert done == [{"job": "settle", "due_at": "2027-01-06T00:00:00+08:00", "count": 1, "failure": None}]


def test_a_calendar_that_makes_no_sense_is_refused(opened: Command) -> None:
    file = opened.folder / "2027.toml"
    file.write_text(NEW_YEAR.replace("2027-01-03", "2026-12-31"), encoding="utf-8")
    said = opened.refused("calendar", "load", str(file))
    assert said == "Please check what was entered. holidays[0].until_on: Ends before it starts."
    file.write_bytes(NEW_YEAR.encode("gbk"))
    assert opened.refused("calendar", "load", str(file)).endswith("content: This cannot be read as UTF-8.")


def test_the_rules_in_force_are_shown_as_they_were_entered(opened: Command) -> None:
    shown = opened.told("rules", "show", "--branch", "LX", "--on", "2026-11-21")
    assert tomllib.loads(shown) == tomllib.loads(reference_content())
    assert opened.refused("rules", "show", "--branch", "XX").endswith("branch: There is no branch with this code.")
