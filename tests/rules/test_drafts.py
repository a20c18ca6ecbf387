"""Drafts of rules: refused by line, told what is odd about them, and kept as text also where they came as JSON."""

import tomllib
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from points_bank.errors import Invalid
from points_bank.rules.drafts import check_draft, line_of, most_of_a_day, to_toml
from points_bank.rules.rule_set import RuleSet, parse_rule_set, reference_content

R1 = reference_content()


def line_with(text: str, content: str = R1) -> int:
    return next(number for number, line in enumerate(content.splitlines(), start=1) if line.startswith(text))


def refused(content: str) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        check_draft(content)
    return list(refusal.value.fields)


def test_what_is_shipped_may_be_taken(r1: RuleSet) -> None:
    draft = check_draft(R1)
    assert (draft.rule_set, draft.content, draft.oddities) == (r1, R1, ())


@pytest.mark.parametrize(
    ("old", "new", "path", "at"),
    [
        ("points_per_unit = 5", "points_per_unit = 0", "roles.service.points_per_unit", "points_per_unit"),
        ("points_per_unit = 5\n", "", "roles.service.points_per_unit", "[roles.service]"),
        ("day_cap_points = 60 ", 'day_cap_points = "60" ', "day_cap_points", "day_cap_points"),
        ("day_cap_points = 60 ", "day_cap_points = 12 ", "month_cap_points", "month_cap_points"),
        ("lead_points = 5 ", "leed_points = 5 ", "leed_points", "leed_points"),
    ],
)
def test_a_hole_is_named_with_its_line(old: str, new: str, path: str, at: str) -> None:
    content = R1.replace(old, new)
    assert f"{path} (line {line_with(at, content)})" in refused(content)


def test_a_whole_role_that_is_missing_is_named() -> None:
    content = R1[: R1.index("[roles.mediation]")] + R1[R1.index("[roles.service]") :]
    place = line_with("[roles.publicity]", content)
    assert refused(content)[0] == f"roles.mediation (line {place})"


def test_what_is_no_toml_is_refused_with_its_place() -> None:
    content = R1.replace("years_kept = 1\n", "years_kept 1\n")
    (field,) = refused(content)
    assert field.startswith(f"content (line {line_with('years_kept', content)}, column ")
    for broken in ("[", "a = [" * 5_000, "a = 1\na = 2", "x" * 30_000, "a = " + "9" * 10_000):
        assert refused(broken)[0].startswith("content")


def test_a_cap_that_nothing_reaches_is_told(r1: RuleSet) -> None:
    content = R1.replace("day_cap_points = 60 ", "day_cap_points = 5000 ")
    content = content.replace("month_cap_points = 400", "month_cap_points = 9000")
    assert [(each.path, each.line) for each in check_draft(content).oddities] == [
        ("day_cap_points", line_with("day_cap_points"))
    ]
    at_most = most_of_a_day(r1)
    assert at_most == 48 * 10 + 2 * 15 + 35
    content = R1.replace("day_cap_points = 60 ", f"day_cap_points = {at_most} ")
    assert check_draft(content.replace("month_cap_points = 400", "month_cap_points = 600")).oddities == ()
    minimum = R1.replace("redemption_minimum_points = 100", "redemption_minimum_points = 501")
    assert [each.path for each in check_draft(minimum).oddities] == ["redemption_minimum_points"]


def test_what_binds_on_one_day_of_the_longest_month_is_no_hole() -> None:
    content = R1.replace("day_cap_points = 60 ", "day_cap_points = 20 ")
    assert check_draft(content.replace("month_cap_points = 400", "month_cap_points = 620")).oddities == ()
    with_621 = content.replace("month_cap_points = 400", "month_cap_points = 621")
    assert refused(with_621) == [f"month_cap_points (line {line_with('month_cap_points')})"]
    minimum = R1.replace("redemption_minimum_points = 100", "redemption_minimum_points = 500")
    assert check_draft(minimum).oddities == ()


def test_the_most_of_a_day_adds_up_every_role(r1: RuleSet) -> None:
    backwards = replace(r1, by_role=dict(reversed([*r1.by_role.items()])))
    assert most_of_a_day(backwards) == most_of_a_day(r1)


def test_rules_that_came_as_json_are_kept_as_text(r1: RuleSet) -> None:
    assert parse_rule_set(to_toml(tomllib.loads(R1))) == r1


def test_the_line_of_what_is_nowhere_is_where_it_belongs() -> None:
    assert line_of(R1, "nothing") == 1
    assert line_of(R1, "roles.service.nothing") == line_with("[roles.service]")
    assert line_of(R1, "roles.service.name.zh") == line_with("[roles.service]") + 2


JSON = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), JSON | st.lists(st.integers(-9, 9), max_size=4), max_size=6))
def test_any_json_comes_back_as_it_was(table: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(table)) == table
