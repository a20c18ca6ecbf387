"""What is kept of people and how long: nothing without a reason, nothing that the documents do not say."""

import inspect
from pathlib import Path

import pytest

from points_bank.encryption import encrypted_columns
from points_bank.exports.member import _statements
from points_bank.exports.tables import SECRET_TABLES
from points_bank.members.erasure import BLANKED, DELETED
from points_bank.retention import schedule
from points_bank.retention.schedule import OTHERWISE, SCHEDULE
from points_bank.scheduler import TIMETABLE
from points_bank.tables import metadata

DOCUMENT = Path(inspect.getfile(schedule)).parents[2] / "docs" / "privacy.md"
ABOUT_MEMBERS = {
    table.name for table in metadata.sorted_tables for key in table.foreign_keys if key.column.table.name == "member"
} | {"member"}
SCHEDULED = {table for kept in SCHEDULE for table in kept.tables}
NOT_IN_THE_FILE = {"token": "how they prove who they are is no use to whoever reads the file, and a danger in it"}
"""Tables with a member in them that the member's own file leaves out, and why."""


def test_every_table_about_members_is_in_the_schedule() -> None:
    assert ABOUT_MEMBERS == SCHEDULED
    assert not SCHEDULED & OTHERWISE.keys()
    assert SCHEDULED | OTHERWISE.keys() <= set(metadata.tables)
    assert {column.table.name for column in encrypted_columns()} <= SCHEDULED | OTHERWISE.keys()


def test_what_is_said_to_end_by_itself_has_its_job() -> None:
    jobs = {kept.job for kept in SCHEDULE if kept.job}
    assert jobs <= {job.name for job in TIMETABLE}
    assert {"erase_closed", "forget_looks", "forget_passing"} <= jobs


def test_what_erasing_takes_is_in_the_schedule() -> None:
    erased = {table for table, _, _ in BLANKED} | {table for table, _ in DELETED}
    assert erased <= SCHEDULED
    assert all(
        "eras" in kept.until for kept in SCHEDULE if set(kept.tables) <= {table for table, _ in DELETED} - {"visit"}
    )


@pytest.mark.parametrize("line", [kept.line for kept in SCHEDULE], ids=lambda line: line.split("|")[1].strip()[:40])
def test_the_document_says_so(line: str) -> None:
    assert line in DOCUMENT.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("table", OTHERWISE)
def test_the_document_names_what_only_holds_numbers(table: str) -> None:
    assert f"- `{table}`: {OTHERWISE[table]}" in DOCUMENT.read_text(encoding="utf-8").splitlines()


def test_the_file_of_own_data_has_every_table_or_a_reason_why_not() -> None:
    exported = {name for name, _ in _statements()}
    assert ABOUT_MEMBERS - exported == NOT_IN_THE_FILE.keys() <= SECRET_TABLES
