"""How an award reads in a passbook, in both languages."""

from collections.abc import Mapping

import pytest

from points_bank.i18n import Language, catalogue
from points_bank.rules.explanation import CUTS, LESS, MORE, OTHER_UNITS, STEPS, UNITS, explain, explain_cuts
from points_bank.rules.points import Arithmetic, Cut, CutCode, Step, StepCode


def per_unit(minutes: int, *, unit_minutes: int = 30, points_per_unit: int = 5) -> Step:
    units = minutes // unit_minutes
    figures = {"minutes": minutes, "units": units, "unit_minutes": unit_minutes, "points_per_unit": points_per_unit}
    return Step(StepCode.PER_UNIT, units * points_per_unit, figures)


def cut(code: CutCode, points: int, figures: Mapping[str, int]) -> Cut:
    return Cut(code, points, figures)


@pytest.mark.parametrize(
    ("step", "english", "chinese"),
    [
        (per_unit(140), "140 min = 4 full half hours x 5 = 20", "140 分钟 = 4 个整半小时 × 5 = 20"),
        (per_unit(45), "45 min = 1 full half hour x 5 = 5", "45 分钟 = 1 个整半小时 × 5 = 5"),
        (per_unit(29), "29 min = 0 full half hours x 5 = 0", "29 分钟 = 0 个整半小时 × 5 = 0"),
        (
            per_unit(140, unit_minutes=60, points_per_unit=10),
            "140 min = 2 full hours x 10 = 20",
            "140 分钟 = 2 个整小时 × 10 = 20",
        ),
        (
            per_unit(60, unit_minutes=60, points_per_unit=10),
            "60 min = 1 full hour x 10 = 10",
            "60 分钟 = 1 个整小时 × 10 = 10",
        ),
        (
            per_unit(50, unit_minutes=20, points_per_unit=3),
            "50 min = 2 full units of 20 min x 3 = 6",
            "50 分钟 = 2 个整 20 分钟 × 3 = 6",
        ),
        (
            per_unit(20, unit_minutes=20, points_per_unit=3),
            "20 min = 1 full unit of 20 min x 3 = 3",
            "20 分钟 = 1 个整 20 分钟 × 3 = 3",
        ),
        (Step(StepCode.PER_SESSION, 10, {"minutes": 45}), "1 session of 45 min = 10", "1 场（45 分钟）= 10"),
        (Step(StepCode.PER_CASE, 30, {}), "1 case = 30", "1 件调解 = 30"),
        (Step(StepCode.PER_REFERRED_CASE, 10, {}), "1 case referred on = 10", "1 件转介 = 10"),
    ],
)
def test_a_rule_is_told_with_its_figures(step: Step, english: str, chinese: str) -> None:
    assert explain(Arithmetic((step,)), Language.ENGLISH) == english
    assert explain(Arithmetic((step,)), Language.CHINESE) == chinese


def test_bonus_and_cuts_go_on_from_what_was_there() -> None:
    arithmetic = Arithmetic(
        (per_unit(300), Step(StepCode.LEAD, 5, {})),
        (
            cut(CutCode.MINUTES_PER_ACTIVITY, 10, {"limit_minutes_per_activity": 240}),
            cut(CutCode.DAY_CAP, 15, {"cap_points": 60, "earlier_points": 30}),
        ),
    )
    assert explain(arithmetic, Language.ENGLISH) == (
        "300 min = 10 full half hours x 5 = 50; 50 - 10 (at most 240 min of one activity earn points) = 40; "
        "40 + 5 (for leading) = 45; 45 - 15 (at most 60 points a day, 30 before this) = 30"
    )
    assert explain(arithmetic, Language.CHINESE) == (
        "300 分钟 = 10 个整半小时 × 5 = 50；50 - 10（一次活动最多计 240 分钟）= 40；"
        "40 + 5（带队）= 45；45 - 15（每天最多 60 分，此前已有 30 分）= 30"
    )


def test_the_third_session_of_a_day_says_why_it_earned_nothing() -> None:
    arithmetic = Arithmetic(
        (Step(StepCode.PER_SESSION, 10, {"minutes": 45}),),
        (cut(CutCode.SESSIONS_PER_DAY, 10, {"sessions_per_day": 2}),),
    )
    assert explain(arithmetic, Language.CHINESE) == "1 场（45 分钟）= 10；10 - 10（每天最多计 2 场）= 0"
    assert explain_cuts(arithmetic, Language.CHINESE) == [
        {"code": "sessions_per_day", "points": 10, "explanation": "每天最多计 2 场"}
    ]


def test_an_uncut_award_has_no_cuts() -> None:
    assert explain_cuts(Arithmetic((per_unit(60),)), Language.ENGLISH) == []


def test_every_sentence_is_there_in_chinese() -> None:
    units = [sentence for pair in (*UNITS.values(), OTHER_UNITS) for sentence in pair]
    for sentence in (*units, *STEPS.values(), *CUTS.values(), MORE, LESS):
        assert sentence in catalogue()


def test_every_code_has_its_sentence() -> None:
    assert set(CUTS) == set(CutCode)
    assert {*STEPS, StepCode.PER_UNIT} == set(StepCode)
