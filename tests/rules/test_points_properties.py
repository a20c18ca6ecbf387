"""What holds for every line under every rule set that can be written."""

import dataclasses
import json
import re
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from points_bank.i18n import Language
from points_bank.rules.explanation import explain, explain_cuts
from points_bank.rules.points import Arithmetic, CaseOutcome, Earlier, Service, points_for
from points_bank.rules.rule_set import (
    Name,
    PerCase,
    PerSession,
    PerUnit,
    Rule,
    RuleSet,
    ServiceRole,
    parse_rule_set,
    reference_content,
)

FIRST_DAY = date(2026, 10, 25)
R1 = parse_rule_set(reference_content())
NAMES = st.just(Name(zh="规则", en="Rule"))
SMALL = st.integers(0, 100)
FROM_1 = st.integers(1, 100)

PER_UNIT = st.builds(
    PerUnit,
    name=NAMES,
    unit_minutes=st.sampled_from([1, 20, 30, 45, 60]),
    points_per_unit=FROM_1,
    limit_minutes_per_activity=st.integers(60, 1_440),
)
PER_SESSION = st.builds(
    PerSession, name=NAMES, points=FROM_1, minimum_minutes=SMALL, sessions_per_day=st.integers(1, 5)
)
PER_CASE = st.builds(
    PerCase,
    name=NAMES,
    points=FROM_1,
    referred_points=st.just(0) | FROM_1,
    mediators_per_case=st.integers(1, 3),
    follow_up_days=st.integers(0, 10),
)


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    by_role: dict[ServiceRole, Rule] = {
        ServiceRole.PUBLICITY: draw(PER_SESSION),
        ServiceRole.MEDIATION: draw(PER_CASE),
        ServiceRole.SERVICE: draw(PER_UNIT | PER_SESSION),
    }
    return dataclasses.replace(
        R1,
        by_role=MappingProxyType(by_role),
        lead_points=draw(SMALL),
        day_cap_points=draw(FROM_1),
        month_cap_points=draw(st.integers(1, 500)),
    )


@st.composite
def lines(draw: st.DrawFn) -> Service:
    served_on = FIRST_DAY + timedelta(days=draw(st.integers(0, 10)))
    followed_up_after = draw(st.none() | st.integers(-1, 12))
    return Service(
        role=draw(st.sampled_from(ServiceRole)),
        minutes=draw(st.integers(0, 1_440)),
        served_on=served_on,
        is_lead=draw(st.booleans()),
        outcome=draw(st.none() | st.sampled_from(CaseOutcome)),
        followed_up_on=None if followed_up_after is None else served_on + timedelta(days=followed_up_after),
    )


EARLIER = st.builds(
    Earlier,
    day_points=SMALL,
    month_points=st.integers(0, 600),
    day_sessions=st.integers(0, 5),
    case_mediators=st.integers(0, 4),
    case_already_counted=st.booleans(),
)


def earlier_of(logged: list[tuple[Service, Arithmetic]], line: Service) -> Earlier:
    """What one member was given before, as the logbook reckons it."""
    month = [(each, given) for each, given in logged if each.served_on.month == line.served_on.month]
    day = [(each, given) for each, given in month if each.served_on == line.served_on]
    return Earlier(
        day_points=sum(given.points for _, given in day),
        month_points=sum(given.points for _, given in month),
        day_sessions=sum(each.role is line.role and given.rule_points > 0 for each, given in day),
    )


@given(rule_sets(), lines(), EARLIER)
def test_points_are_never_below_zero_and_are_what_the_arithmetic_says(
    rules: RuleSet, line: Service, earlier: Earlier
) -> None:
    award = points_for(rules, line, earlier)
    assert award.points == award.arithmetic.points >= 0
    assert all(step.points >= 0 for step in award.arithmetic.steps)
    assert all(cut.points >= 0 for cut in award.arithmetic.cuts)
    assert award.arithmetic.rule_points >= 0


@given(rule_sets(), st.lists(lines(), max_size=25))
def test_no_sequence_of_lines_goes_beyond_a_cap(rules: RuleSet, served: list[Service]) -> None:
    logged: list[tuple[Service, Arithmetic]] = []
    for line in served:
        logged.append((line, points_for(rules, line, earlier_of(logged, line)).arithmetic))
    for day in {line.served_on for line in served}:
        assert sum(given.points for line, given in logged if line.served_on == day) <= rules.day_cap_points
        sessions = [line for line, given in logged if line.served_on == day and given.rule_points > 0]
        publicity = rules.by_role[ServiceRole.PUBLICITY]
        assert isinstance(publicity, PerSession)
        assert sum(line.role is ServiceRole.PUBLICITY for line in sessions) <= publicity.sessions_per_day
    for month in {line.served_on.month for line in served}:
        assert sum(given.points for line, given in logged if line.served_on.month == month) <= rules.month_cap_points


@given(rule_sets(), lines(), EARLIER)
def test_minutes_are_never_reduced(rules: RuleSet, line: Service, earlier: Earlier) -> None:
    figures = points_for(rules, line, earlier).arithmetic.steps[0].figures
    assert figures.get("minutes", line.minutes) == line.minutes


@given(rule_sets(), lines(), EARLIER, st.integers(0, 100))
def test_more_given_before_never_means_more_now(
    rules: RuleSet, line: Service, earlier: Earlier, more_points: int
) -> None:
    later = msgspec.structs.replace(
        earlier, day_points=earlier.day_points + more_points, month_points=earlier.month_points + more_points
    )
    assert points_for(rules, line, later).points <= points_for(rules, line, earlier).points


@given(rule_sets(), lines(), EARLIER)
def test_arithmetic_comes_back_from_json_as_it_was(rules: RuleSet, line: Service, earlier: Earlier) -> None:
    arithmetic = points_for(rules, line, earlier).arithmetic
    kept = json.dumps(arithmetic.to_json())
    assert Arithmetic.from_json(json.loads(kept)) == arithmetic
    assert len(kept) < 1_000


@given(rule_sets(), lines(), EARLIER, st.sampled_from(Language))
def test_the_explanation_adds_up_to_the_points(
    rules: RuleSet, line: Service, earlier: Earlier, language: Language
) -> None:
    award = points_for(rules, line, earlier)
    terms = re.split("[;；] ?", explain(award.arithmetic, language))
    assert terms[-1].endswith(f"= {award.points}")
    for before, term in pairwise(terms):
        sum_of_term = re.match(r"(\d+) ([+-]) (\d+).*= (\d+)$", term)
        assert sum_of_term, term
        start, sign, change, result = sum_of_term.groups()
        assert before.endswith(f"= {start}")
        assert int(start) + int(sign + change) == int(result)


@given(rule_sets(), lines(), EARLIER)
def test_every_cut_is_told(rules: RuleSet, line: Service, earlier: Earlier) -> None:
    arithmetic = points_for(rules, line, earlier).arithmetic
    for language in Language:
        told = explain_cuts(arithmetic, language)
        assert [(each["code"], each["points"]) for each in told] == [(cut.code, cut.points) for cut in arithmetic.cuts]
        assert all(each["explanation"] and "{" not in each["explanation"] for each in told)
