"""What a line of service earns: pure arithmetic, kept step by step so that it can be explained years later.

A line goes through its role's rule, then the bonus for leading, then the cap of the day, then the cap of the month.
Minutes are never reduced: a limit cuts points, with its reason.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self

import msgspec

from points_bank.rules.rule_set import PerCase, PerSession, PerUnit, RuleSet, ServiceRole


class CaseOutcome(StrEnum):
    """How a mediation case was closed."""

    SETTLED = "settled"
    UNSETTLED = "unsettled"
    REFERRED = "referred"


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What one member did in one activity. `minutes` are whole minutes of actual service; the last two are a case's."""

    role: ServiceRole
    minutes: int
    served_on: date
    is_lead: bool = False
    outcome: CaseOutcome | None = None
    followed_up_on: date | None = None


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """What was already given before this line, in logging order.

    `day_points` and `month_points` are the member's on that service date and in its calendar month. `day_sessions` are
    the member's lines of that role and date, `case_mediators` the other members' lines of that case,
    `case_already_counted` the member's own: only lines whose `Arithmetic.rule_points` is above 0 are counted.
    """

    day_points: int = 0
    month_points: int = 0
    day_sessions: int = 0
    case_mediators: int = 0
    case_already_counted: bool = False


class StepCode(StrEnum):
    PER_UNIT = "per_unit"
    PER_SESSION = "per_session"
    PER_CASE = "per_case"
    PER_REFERRED_CASE = "per_referred_case"
    LEAD = "lead"
    CARRIED_OVER = "carried_over"


class CutCode(StrEnum):
    MINUTES_PER_ACTIVITY = "minutes_per_activity"
    BELOW_MINIMUM_MINUTES = "below_minimum_minutes"
    TAKEN_BACK = "taken_back"
    SESSIONS_PER_DAY = "sessions_per_day"
    NOT_FOLLOWED_UP = "not_followed_up"
    CASE_ALREADY_COUNTED = "case_already_counted"
    MEDIATORS_PER_CASE = "mediators_per_case"
    DAY_CAP = "day_cap"
    MONTH_CAP = "month_cap"


CAPS = frozenset({CutCode.DAY_CAP, CutCode.MONTH_CAP})


class Step(msgspec.Struct, frozen=True):
    """Points that were given, and the figures they came from."""

    code: StepCode
    points: int
    figures: Mapping[str, int]


class Cut(msgspec.Struct, frozen=True):
    """Points that were cut, as a number from 0 up, and the limit that cut them."""

    code: CutCode
    points: int
    figures: Mapping[str, int]


class Arithmetic(msgspec.Struct, frozen=True):
    """How an award came about: its steps less its cuts are its points. Figures only, nothing about a person."""

    steps: tuple[Step, ...]
    cuts: tuple[Cut, ...] = ()

    @property
    def points(self) -> int:
        return sum(step.points for step in self.steps) - sum(cut.points for cut in self.cuts)

    @property
    def rule_points(self) -> int:
        """What the role's rule gave, before the bonus for leading and the caps of day and month."""
        given = sum(step.points for step in self.steps if step.code is not StepCode.LEAD)
        return given - sum(cut.points for cut in self.rule_cuts)

    @property
    def rule_cuts(self) -> tuple[Cut, ...]:
        return tuple(cut for cut in self.cuts if cut.code not in CAPS)

    @property
    def cap_cuts(self) -> tuple[Cut, ...]:
        return tuple(cut for cut in self.cuts if cut.code in CAPS)

    def to_json(self) -> dict[str, Any]:
        """`{"steps": [{"code", "points", figures...}], "cuts": [{"code", "points", figures...}]}`."""
        return {
            "steps": [{"code": step.code.value, "points": step.points, **step.figures} for step in self.steps],
            "cuts": [{"code": cut.code.value, "points": cut.points, **cut.figures} for cut in self.cuts],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        return cls(
            tuple(Step(StepCode(each["code"]), each["points"], _figures(each)) for each in kept["steps"]),
            tuple(Cut(CutCode(each["code"]), each["points"], _figures(each)) for each in kept["cuts"]),
        )


class Award(msgspec.Struct, frozen=True):
    points: int
    arithmetic: Arithmetic


NOTHING_EARLIER = Earlier()


def points_for(rules: RuleSet, service: Service, earlier: Earlier = NOTHING_EARLIER) -> Award:
    """What a line earns under these rules, after what was given before it in logging order; 0 or more.

    A line without minutes was taken back by a correction and earns nothing, a case neither.
    """
    assert service.minutes >= 0, "minutes are counted, never taken away"
    arithmetic = _by_rule(rules, service, earlier)
    if service.is_lead and rules.lead_points and arithmetic.points > 0:
        lead = Step(StepCode.LEAD, rules.lead_points, {})
        arithmetic = Arithmetic((*arithmetic.steps, lead), arithmetic.cuts)
    award = Award(arithmetic.points, arithmetic)
    award = _capped(award, CutCode.DAY_CAP, rules.day_cap_points, earlier.day_points)
    return _capped(award, CutCode.MONTH_CAP, rules.month_cap_points, earlier.month_points)


def needs_follow_up(rules: RuleSet, service: Service) -> bool:
    """Whether the line is of a case that is not closed yet, or not followed up, or followed up too early."""
    rule = rules.by_role[service.role]
    return isinstance(rule, PerCase) and not _is_followed_up(rule, service)


def _by_rule(rules: RuleSet, service: Service, earlier: Earlier) -> Arithmetic:
    rule = rules.by_role[service.role]
    match rule:
        case PerUnit():
            return _per_unit(rule, service)
        case PerSession():
            return _per_session(rule, service, earlier)
        case PerCase():
            return _per_case(rule, service, earlier)


def _per_unit(rule: PerUnit, service: Service) -> Arithmetic:
    units = service.minutes // rule.unit_minutes
    counted_units = min(service.minutes, rule.limit_minutes_per_activity) // rule.unit_minutes
    figures = {
        "minutes": service.minutes,
        "units": units,
        "unit_minutes": rule.unit_minutes,
        "points_per_unit": rule.points_per_unit,
    }
    step = Step(StepCode.PER_UNIT, units * rule.points_per_unit, figures)
    if units == counted_units:
        return Arithmetic((step,))
    limit = {"limit_minutes_per_activity": rule.limit_minutes_per_activity}
    return Arithmetic(
        (step,), (Cut(CutCode.MINUTES_PER_ACTIVITY, (units - counted_units) * rule.points_per_unit, limit),)
    )


def _per_session(rule: PerSession, service: Service, earlier: Earlier) -> Arithmetic:
    step = Step(StepCode.PER_SESSION, rule.points, {"minutes": service.minutes})
    if service.minutes < rule.minimum_minutes:
        return _all_cut(step, CutCode.BELOW_MINIMUM_MINUTES, minimum_minutes=rule.minimum_minutes)
    if service.minutes == 0:
        return _all_cut(step, CutCode.TAKEN_BACK)
    if earlier.day_sessions >= rule.sessions_per_day:
        return _all_cut(step, CutCode.SESSIONS_PER_DAY, sessions_per_day=rule.sessions_per_day)
    return Arithmetic((step,))


def _per_case(rule: PerCase, service: Service, earlier: Earlier) -> Arithmetic:
    step = Step(StepCode.PER_CASE, rule.points, {})
    if service.outcome is CaseOutcome.REFERRED:
        step = Step(StepCode.PER_REFERRED_CASE, rule.referred_points, {})
    if service.minutes == 0:
        return _all_cut(step, CutCode.TAKEN_BACK)
    if not _is_followed_up(rule, service):
        return _all_cut(step, CutCode.NOT_FOLLOWED_UP, follow_up_days=rule.follow_up_days)
    if earlier.case_already_counted:
        return _all_cut(step, CutCode.CASE_ALREADY_COUNTED)
    if earlier.case_mediators >= rule.mediators_per_case:
        return _all_cut(step, CutCode.MEDIATORS_PER_CASE, mediators_per_case=rule.mediators_per_case)
    return Arithmetic((step,))


def _is_followed_up(rule: PerCase, service: Service) -> bool:
    if service.outcome is None or service.followed_up_on is None:
        return False
    return service.followed_up_on - service.served_on >= timedelta(days=rule.follow_up_days)


def _all_cut(step: Step, code: CutCode, **figures: int) -> Arithmetic:
    return Arithmetic((step,), (Cut(code, step.points, figures),))


def _capped(award: Award, code: CutCode, cap_points: int, earlier_points: int) -> Award:
    """Cuts what goes beyond the cap; what still fits under it stays."""
    cut_points = award.points - max(0, cap_points - earlier_points)
    if cut_points <= 0:
        return award
    cut = Cut(code, cut_points, {"cap_points": cap_points, "earlier_points": earlier_points})
    return Award(award.points - cut_points, Arithmetic(award.arithmetic.steps, (*award.arithmetic.cuts, cut)))


def _figures(kept: Mapping[str, Any]) -> dict[str, int]:
    return {name: value for name, value in kept.items() if name not in ("code", "points")}
