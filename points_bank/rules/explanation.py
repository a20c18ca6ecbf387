"""An award's arithmetic put into words, as a passbook shows it.

140 min = 4 full half hours x 5 = 20; 20 + 5 (for leading) = 25
"""

from collections.abc import Mapping
from typing import Any

from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.rules.points import Arithmetic, Cut, CutCode, Step, StepCode

UNITS: Mapping[int, tuple[str, str]] = {
    30: (
        message("{minutes} min = {units} full half hour x {points_per_unit} = {points}"),
        message("{minutes} min = {units} full half hours x {points_per_unit} = {points}"),
    ),
    60: (
        message("{minutes} min = {units} full hour x {points_per_unit} = {points}"),
        message("{minutes} min = {units} full hours x {points_per_unit} = {points}"),
    ),
}
OTHER_UNITS = (
    message("{minutes} min = {units} full unit of {unit_minutes} min x {points_per_unit} = {points}"),
    message("{minutes} min = {units} full units of {unit_minutes} min x {points_per_unit} = {points}"),
)
STEPS: Mapping[StepCode, str] = {
    StepCode.PER_SESSION: message("1 session of {minutes} min = {points}"),
    StepCode.PER_CASE: message("1 case = {points}"),
    StepCode.PER_REFERRED_CASE: message("1 case referred on = {points}"),
    StepCode.CARRIED_OVER: message("{minutes} min from before the bank was opened = {points}"),
    StepCode.LEAD: message("for leading"),
}
CUTS: Mapping[CutCode, str] = {
    CutCode.MINUTES_PER_ACTIVITY: message("at most {limit_minutes_per_activity} min of one activity earn points"),
    CutCode.BELOW_MINIMUM_MINUTES: message("a session earns points from {minimum_minutes} min on"),
    CutCode.TAKEN_BACK: message("taken back by a correction"),
    CutCode.SESSIONS_PER_DAY: message("sessions a day that earn points: at most {sessions_per_day}"),
    CutCode.NOT_FOLLOWED_UP: message("the case is not closed, or not followed up at least {follow_up_days} days later"),
    CutCode.CASE_ALREADY_COUNTED: message("this case has already earned the same person points"),
    CutCode.MEDIATORS_PER_CASE: message("mediators of a case who earn points: at most {mediators_per_case}"),
    CutCode.DAY_CAP: message("at most {cap_points} points a day, {earlier_points} before this"),
    CutCode.MONTH_CAP: message("at most {cap_points} points a month, {earlier_points} before this"),
}
MORE = message("{before_points} + {change_points} ({reason}) = {points}")
LESS = message("{before_points} - {change_points} ({reason}) = {points}")
BETWEEN_TERMS = {Language.ENGLISH: "; ", Language.CHINESE: "；"}


def explain(arithmetic: Arithmetic, language: Language) -> str:
    """The whole arithmetic in one line; each term goes on from what the one before gave, the last gives the points."""
    rule_step, *bonuses = arithmetic.steps
    terms, points = [_rule(rule_step, language)], rule_step.points
    changes: list[Step | Cut] = [*arithmetic.rule_cuts, *bonuses, *arithmetic.cap_cuts]
    for change in changes:
        before_points, points = points, points + (change.points if isinstance(change, Step) else -change.points)
        term = translate(
            MORE if isinstance(change, Step) else LESS,
            language,
            before_points=before_points,
            change_points=change.points,
            reason=_reason(change, language),
            points=points,
        )
        terms.append(term)
    return BETWEEN_TERMS[language].join(terms)


def explain_cuts(arithmetic: Arithmetic, language: Language) -> list[dict[str, Any]]:
    """What cut the award: `[{"code", "points", "explanation"}]`, in the order in which it was cut; often empty."""
    return [
        {"code": cut.code.value, "points": cut.points, "explanation": _reason(cut, language)} for cut in arithmetic.cuts
    ]


def _rule(step: Step, language: Language) -> str:
    if step.code is StepCode.PER_UNIT:
        one, several = UNITS.get(step.figures["unit_minutes"], OTHER_UNITS)
        sentence = one if step.figures["units"] == 1 else several
    else:
        sentence = STEPS[step.code]
    return translate(sentence, language, points=step.points, **step.figures)


def _reason(change: Step | Cut, language: Language) -> str:
    sentence = STEPS[change.code] if isinstance(change, Step) else CUTS[change.code]
    return translate(sentence, language, **change.figures)
