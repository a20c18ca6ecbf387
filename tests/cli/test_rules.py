"""`points-bank rules`: drafts are checked by line, tried on a past month, and taken from a day on."""

import json
from pathlib import Path

import pytest

from points_bank.rules.rule_set import reference_content
from tests.cli.conftest import Command


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """R1 with another version and a higher cap of the day."""
    path = tmp_path / "R1-2.toml"
    content = reference_content().replace("version = 1\n", "version = 2\n")
    path.write_text(content.replace("day_cap_points = 60 ", "day_cap_points = 80 "), encoding="utf-8")
    return path


def test_a_draft_is_checked_without_a_bank(command: Command, draft: Path) -> None:
    assert command.told("rules", "check", str(draft)) == "R1, version 2: may be taken."


def test_a_hole_is_told_by_line(command: Command, draft: Path) -> None:
    content = draft.read_text(encoding="utf-8")
    kept = [line for line in content.splitlines() if not line.startswith("unit_minutes")]
    draft.write_text("\n".join(kept), encoding="utf-8")
    number = content.splitlines().index("[roles.service]") + 1
    refusal = command.refused("rules", "check", str(draft))
    assert refusal.endswith(f"roles.service.unit_minutes (line {number}): This is missing.")
    draft.write_bytes("名称".encode("gb18030"))
    assert command.refused("rules", "check", str(draft)).endswith("content: This cannot be read as UTF-8.")


def test_what_is_odd_is_told_and_may_be_taken(command: Command, draft: Path) -> None:
    content = draft.read_text(encoding="utf-8").replace(
        "redemption_minimum_points = 100", "redemption_minimum_points = 501"
    )
    draft.write_text(content, encoding="utf-8")
    ended = command("rules", "check", str(draft))
    assert ended.returncode == 0
    assert "redemption_minimum_points" in ended.stderr


def test_a_version_is_taken_from_a_day_on(opened: Command, draft: Path) -> None:
    told = opened.told("rules", "add", str(draft), "--valid-from", "2030-01-01")
    assert told == "R1, version 2, applies to service from 2030-01-01 on."
    assert opened.told("rules", "show", "--on", "2030-01-01") == draft.read_text(encoding="utf-8").strip()
    assert "version = 1" in opened.told("rules", "show", "--on", "2029-12-31")
    again = opened.refused("rules", "add", str(draft), "--valid-from", "2031-01-01")
    assert again.endswith("version: This version of these rules is there already.")
    nowhere = opened.refused("rules", "add", str(draft), "--valid-from", "2031-01-01", "--branch", "XX")
    assert nowhere.endswith("branch: There is no branch with this code.")


def test_a_month_is_tried(opened: Command, draft: Path) -> None:
    told = opened.told("rules", "try", str(draft), "--month", "2020-01")
    assert told.splitlines()[0] == "2020-01 under R1, version 2: 0 lines of 0 people, 0 lines change."
    tried = json.loads(opened.told("rules", "try", str(draft), "--month", "2020-01", "--json"))
    assert (tried["month"], tried["code"], tried["gainers"], tried["points_after"]) == ("2020-01", "R1", [], 0)
    refusal = opened.refused("rules", "try", str(draft), "--month", "2020")
    assert refusal.endswith("month: A month is needed, such as 2026-11.")
