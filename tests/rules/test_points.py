"""What a line of service earns under R1, at every edge of every rule."""

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest

from points_bank.rules.points import CaseOutcome, Cut, CutCode, Earlier, Service, needs_follow_up, points_for
from points_bank.rules.rule_set import PerSession, PerUnit, RuleSet, ServiceRole

SATURDAY = date(2026, 11, 21)


def service(minutes: int, *, is_lead: bool = False) -> Service:
    return Service(role=ServiceRole.SERVICE, minutes=minutes, served_on=SATURDAY, is_lead=is_lead)


def session(minutes: int = 45, *, is_lead: bool = False) -> Service:
    return Service(role=ServiceRole.PUBLICITY, minutes=minutes, served_on=SATURDAY, is_lead=is_lead)


def case(
    outcome: CaseOutcome | None = CaseOutcome.SETTLED, followed_up_after_days: int | None = 7, *, is_lead: bool = False
) -> Service:
    days = followed_up_after_days
    return Service(
        role=ServiceRole.MEDIATION,
        minutes=60,
        served_on=SATURDAY,
        is_lead=is_lead,
        outcome=outcome,
        followed_up_on=None if days is None else SATURDAY + timedelta(days=days),
    )


def cut_codes(rules: RuleSet, line: Service, earlier: Earlier) -> list[CutCode]:
    return [cut.code for cut in points_for(rules, line, earlier).arithmetic.cuts]


@pytest.mark.parametrize(
    ("minutes", "points"),
    [(0, 0), (1, 0), (29, 0), (30, 5), (31, 5), (59, 5), (60, 10), (140, 20), (150, 25), (239, 35), (240, 40)],
)
def test_service_earns_for_each_completed_half_hour(r1: RuleSet, minutes: int, points: int) -> None:
    award = points_for(r1, service(minutes))
    assert award.points == points
    assert award.arithmetic.cuts == ()


@pytest.mark.parametrize(("minutes", "cut_points"), [(241, 0), (269, 0), (270, 5), (300, 10), (1440, 200)])
def test_service_beyond_the_limit_of_an_activity_earns_no_more(r1: RuleSet, minutes: int, cut_points: int) -> None:
    award = points_for(r1, service(minutes))
    assert award.points == 40
    assert sum(cut.points for cut in award.arithmetic.cuts) == cut_points
    assert [cut.code for cut in award.arithmetic.cuts] == [CutCode.MINUTES_PER_ACTIVITY] * bool(cut_points)


def test_minutes_stay_whole_where_points_are_cut(r1: RuleSet) -> None:
    assert points_for(r1, service(300)).arithmetic.steps[0].figures["minutes"] == 300


@pytest.mark.parametrize(("minutes", "points"), [(0, 0), (29, 0), (30, 10), (31, 10), (240, 10)])
def test_a_session_earns_once_it_is_long_enough(r1: RuleSet, minutes: int, points: int) -> None:
    award = points_for(r1, session(minutes))
    assert award.points == points
    assert [cut.code for cut in award.arithmetic.cuts] == [CutCode.BELOW_MINIMUM_MINUTES] * (points == 0)


@pytest.mark.parametrize(("day_sessions", "points"), [(0, 10), (1, 10), (2, 0), (3, 0)])
def test_only_so_many_sessions_a_day_earn(r1: RuleSet, day_sessions: int, points: int) -> None:
    earlier = Earlier(day_sessions=day_sessions)
    assert points_for(r1, session(), earlier).points == points
    assert cut_codes(r1, session(), earlier) == [CutCode.SESSIONS_PER_DAY] * (points == 0)


@pytest.mark.parametrize(
    ("line", "earlier", "figures"),
    [
        (session(29), Earlier(), {"minimum_minutes": 30}),
        (session(), Earlier(day_sessions=2), {"sessions_per_day": 2}),
        (case(None), Earlier(), {"follow_up_days": 7}),
        (case(), Earlier(case_mediators=2), {"mediators_per_case": 2}),
    ],
)
def test_a_cut_names_the_limit_that_cut(r1: RuleSet, line: Service, earlier: Earlier, figures: dict[str, int]) -> None:
    (cut,) = points_for(r1, line, earlier).arithmetic.cuts
    assert cut.figures == figures


def test_a_minute_is_enough_where_no_rule_asks_for_more(r1: RuleSet) -> None:
    rule = r1.by_role[ServiceRole.PUBLICITY]
    assert isinstance(rule, PerSession)
    rules = replace(r1, by_role={**r1.by_role, ServiceRole.PUBLICITY: replace(rule, minimum_minutes=0)})
    assert [points_for(rules, session(minutes)).points for minutes in (0, 1)] == [0, 10]
    a_minute, nothing = (msgspec.structs.replace(case(), minutes=minutes) for minutes in (1, 0))
    assert [points_for(r1, line).points for line in (a_minute, nothing)] == [30, 0]


def test_who_leads_gets_more_from_the_first_point_on(r1: RuleSet) -> None:
    rule = r1.by_role[ServiceRole.SERVICE]
    assert isinstance(rule, PerUnit)
    rules = replace(r1, by_role={**r1.by_role, ServiceRole.SERVICE: replace(rule, points_per_unit=1)})
    assert [points_for(rules, service(minutes, is_lead=True)).points for minutes in (29, 30)] == [0, 6]


def test_a_session_that_is_too_short_says_so_even_beyond_the_limit_of_the_day(r1: RuleSet) -> None:
    assert cut_codes(r1, session(29), Earlier(day_sessions=2)) == [CutCode.BELOW_MINIMUM_MINUTES]


@pytest.mark.parametrize(
    ("outcome", "points"), [(CaseOutcome.SETTLED, 30), (CaseOutcome.UNSETTLED, 30), (CaseOutcome.REFERRED, 10)]
)
def test_a_case_earns_equally_whatever_its_outcome_and_less_if_referred(
    r1: RuleSet, outcome: CaseOutcome, points: int
) -> None:
    assert points_for(r1, case(outcome)).points == points


@pytest.mark.parametrize(
    ("outcome", "followed_up_after_days"),
    [
        (None, None),
        (None, 7),
        (CaseOutcome.SETTLED, None),
        (CaseOutcome.SETTLED, -1),
        (CaseOutcome.SETTLED, 0),
        (CaseOutcome.SETTLED, 6),
        (CaseOutcome.REFERRED, 6),
        (CaseOutcome.REFERRED, None),
    ],
)
def test_a_case_earns_nothing_before_it_is_closed_and_followed_up(
    r1: RuleSet, outcome: CaseOutcome | None, followed_up_after_days: int | None
) -> None:
    line = case(outcome, followed_up_after_days)
    assert points_for(r1, line).points == 0
    assert cut_codes(r1, line, Earlier()) == [CutCode.NOT_FOLLOWED_UP]
    assert needs_follow_up(r1, line)


@pytest.mark.parametrize("followed_up_after_days", [7, 8, 400])
def test_a_case_followed_up_in_time_needs_nothing_more(r1: RuleSet, followed_up_after_days: int) -> None:
    assert not needs_follow_up(r1, case(CaseOutcome.SETTLED, followed_up_after_days))


def test_only_cases_need_a_follow_up(r1: RuleSet) -> None:
    assert not needs_follow_up(r1, service(60))
    assert not needs_follow_up(r1, session())


@pytest.mark.parametrize(("case_mediators", "points"), [(0, 30), (1, 30), (2, 0), (5, 0)])
def test_two_mediators_of_a_case_earn(r1: RuleSet, case_mediators: int, points: int) -> None:
    earlier = Earlier(case_mediators=case_mediators)
    assert points_for(r1, case(), earlier).points == points
    assert cut_codes(r1, case(), earlier) == [CutCode.MEDIATORS_PER_CASE] * (points == 0)


def test_a_case_earns_the_same_person_points_only_once(r1: RuleSet) -> None:
    earlier = Earlier(case_mediators=1, case_already_counted=True)
    assert points_for(r1, case(), earlier).points == 0
    assert cut_codes(r1, case(), earlier) == [CutCode.CASE_ALREADY_COUNTED]


@pytest.mark.parametrize(
    ("line", "points"),
    [
        (service(240, is_lead=True), 45),
        (service(30, is_lead=True), 10),
        (service(29, is_lead=True), 0),
        (session(30, is_lead=True), 15),
        (session(29, is_lead=True), 0),
        (case(is_lead=True), 35),
        (case(CaseOutcome.REFERRED, is_lead=True), 15),
        (case(None, is_lead=True), 0),
    ],
)
def test_leading_earns_more_where_the_service_earned_something(r1: RuleSet, line: Service, points: int) -> None:
    assert points_for(r1, line).points == points


def test_leading_a_session_beyond_the_limit_of_the_day_earns_nothing(r1: RuleSet) -> None:
    assert points_for(r1, session(is_lead=True), Earlier(day_sessions=2)).points == 0


@pytest.mark.parametrize(
    ("earlier", "points", "cuts"),
    [
        (Earlier(day_points=15, month_points=15), 45, []),
        (Earlier(day_points=16, month_points=16), 44, [(CutCode.DAY_CAP, 1)]),
        (Earlier(day_points=59, month_points=59), 1, [(CutCode.DAY_CAP, 44)]),
        (Earlier(day_points=60, month_points=60), 0, [(CutCode.DAY_CAP, 45)]),
        (Earlier(day_points=70, month_points=70), 0, [(CutCode.DAY_CAP, 45)]),
        (Earlier(month_points=355), 45, []),
        (Earlier(month_points=356), 44, [(CutCode.MONTH_CAP, 1)]),
        (Earlier(month_points=399), 1, [(CutCode.MONTH_CAP, 44)]),
        (Earlier(month_points=400), 0, [(CutCode.MONTH_CAP, 45)]),
        (Earlier(month_points=401), 0, [(CutCode.MONTH_CAP, 45)]),
        (Earlier(day_points=40, month_points=390), 10, [(CutCode.DAY_CAP, 25), (CutCode.MONTH_CAP, 10)]),
        (Earlier(day_points=50, month_points=395), 5, [(CutCode.DAY_CAP, 35), (CutCode.MONTH_CAP, 5)]),
        (Earlier(day_points=60, month_points=400), 0, [(CutCode.DAY_CAP, 45)]),
    ],
)
def test_the_cap_of_the_day_comes_first_then_that_of_the_month_and_what_fits_stays(
    r1: RuleSet, earlier: Earlier, points: int, cuts: list[tuple[CutCode, int]]
) -> None:
    award = points_for(r1, service(240, is_lead=True), earlier)
    assert award.points == points
    assert [(cut.code, cut.points) for cut in award.arithmetic.cuts] == cuts


def test_a_cap_keeps_its_figures(r1: RuleSet) -> None:
    award = points_for(r1, service(240), Earlier(day_points=45, month_points=45))
    assert award.arithmetic.cuts == (Cut(CutCode.DAY_CAP, 25, {"cap_points": 60, "earlier_points": 45}),)


@pytest.mark.parametrize(
    ("line", "earlier", "rule_points"),
    [
        (service(300, is_lead=True), Earlier(day_points=60), 40),
        (service(29), Earlier(), 0),
        (session(is_lead=True), Earlier(day_points=60), 10),
        (session(), Earlier(day_sessions=2), 0),
        (case(), Earlier(month_points=400), 30),
        (case(None), Earlier(), 0),
    ],
)
def test_what_the_rule_gave_is_known_apart_from_bonus_and_caps(
    r1: RuleSet, line: Service, earlier: Earlier, rule_points: int
) -> None:
    """So that a session or case counts against its limit even on a day that was full."""
    assert points_for(r1, line, earlier).arithmetic.rule_points == rule_points


def test_three_sessions_and_four_hours_on_one_saturday_reach_the_cap_exactly(r1: RuleSet) -> None:
    """Story S2: 10 + 10 + 0 and 40; the case belongs to another day and is not cut."""
    points = [
        points_for(r1, session(), Earlier()).points,
        points_for(r1, session(), Earlier(day_points=10, month_points=10, day_sessions=1)).points,
        points_for(r1, session(), Earlier(day_points=20, month_points=20, day_sessions=2)).points,
    ]
    assert points == [10, 10, 0]
    afternoon = points_for(r1, service(240), Earlier(day_points=20, month_points=20))
    assert (afternoon.points, afternoon.arithmetic.cuts) == (40, ())
    mediation = Service(
        role=ServiceRole.MEDIATION,
        minutes=60,
        served_on=date(2026, 11, 10),
        outcome=CaseOutcome.SETTLED,
        followed_up_on=SATURDAY,
    )
    award = points_for(r1, mediation, Earlier(month_points=60))
    assert (award.points, award.arithmetic.cuts) == (30, ())
