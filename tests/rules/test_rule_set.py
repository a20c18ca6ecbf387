"""Reading a rule set: R1 as shipped, and everything that is refused, by path."""

from datetime import date

import pytest

from points_bank.errors import Invalid
from points_bank.i18n import Language, catalogue, tell_fields
from points_bank.rules import rule_set
from points_bank.rules.rule_set import (
    Name,
    PerCase,
    PerSession,
    PerUnit,
    RuleSet,
    ServiceRole,
    parse_rule_set,
    reference_content,
)


def changed(old: str, new: str) -> str:
    """R1 with one change."""
    content = reference_content()
    assert content.count(old) == 1, f"{old!r} stands {content.count(old)} times in R1"
    return content.replace(old, new)


def problems_of(content: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        parse_rule_set(content)
    return tell_fields(refused.value, Language.ENGLISH)


def test_r1_is_the_reference(r1: RuleSet) -> None:
    assert (r1.code, r1.version, r1.name) == ("R1", 1, Name(zh="积分细则 R1", en="Rule set R1"))
    assert r1.by_role == {
        ServiceRole.PUBLICITY: PerSession(
            name=Name(zh="宣传", en="Publicity"), points=10, minimum_minutes=30, sessions_per_day=2
        ),
        ServiceRole.MEDIATION: PerCase(
            name=Name(zh="调解", en="Mediation"), points=30, referred_points=10, mediators_per_case=2, follow_up_days=7
        ),
        ServiceRole.SERVICE: PerUnit(
            name=Name(zh="服务", en="Service"), unit_minutes=30, points_per_unit=5, limit_minutes_per_activity=240
        ),
    }
    assert (r1.lead_points, r1.day_cap_points, r1.month_cap_points) == (5, 60, 400)
    assert (r1.notice_working_days, r1.late_entry_days, r1.late_entry_with_evidence_days) == (3, 7, 30)
    assert (r1.years_kept, r1.grace_days, r1.balance_floor_points) == (1, 30, -200)
    assert (r1.redemption_minimum_points, r1.visit_limit_items) == (100, 3)
    assert (r1.month_limit_points, r1.household_month_limit_points) == (500, 800)
    assert (r1.reservation_days, r1.reservation_tries) == (30, 5)
    assert r1.star_hours == (100, 300, 600, 1_000, 1_500)


@pytest.mark.parametrize(
    ("service_on", "lapses_on"),
    [("2026-01-01", "2027-12-31"), ("2026-12-31", "2027-12-31"), ("2027-01-01", "2028-12-31")],
)
def test_a_lot_lapses_at_the_end_of_the_year_after_the_service(r1: RuleSet, service_on: str, lapses_on: str) -> None:
    assert r1.lapses_on(date.fromisoformat(service_on)) == date.fromisoformat(lapses_on)


@pytest.mark.parametrize(
    ("old", "new", "path", "sentence"),
    [
        ("day_cap_points = 60 ", "", "day_cap_points", "This is missing."),
        ("unit_minutes = 30", "", "roles.service.unit_minutes", "This is missing."),
        ("kind = \"per_case\"", "", "roles.mediation.kind", "This is missing."),
        ('code = "R1"', "", "code", "This is missing."),
        ("star_hours = [100, 300, 600, 1000, 1500]", "", "star_hours", "This is missing."),
        ('name = { zh = "调解", en = "Mediation" }', "", "roles.mediation.name", "This is missing."),
        (', en = "Publicity"', "", "roles.publicity.name.en", "This is missing."),
        ("years_kept = 1", "years_kept = 1\nremember = 1", "remember", "This is not known here."),
        ("years_kept = 1", 'years_kept = 1\n"self" = 1', "self", "This is not known here."),
        ("unit_minutes = 30", "unit_minutes = 30\nbonus = 1", "roles.service.bonus", "This is not known here."),
        ("[roles.service]", "[roles.cooking]\n[roles.service]", "roles.cooking", "This is not known here."),
        ('zh = "宣传",', 'zh = "宣传", fr = "Publicité",', "roles.publicity.name.fr", "This is not known here."),
        ("years_kept = 1", 'years_kept = "1"', "years_kept", "A whole number is needed."),
        ("years_kept = 1", "years_kept = 1.0", "years_kept", "A whole number is needed."),
        ("years_kept = 1", "years_kept = true", "years_kept", "A whole number is needed."),
        ("years_kept = 1", "years_kept = [1]", "years_kept", "A whole number is needed."),
        ("years_kept = 1", "years_kept = -1", "years_kept", "This cannot be below 0."),
        ("years_kept = 1", "years_kept = 1000", "years_kept", "This is far beyond what makes sense."),
        ("grace_days = 30", "grace_days = -1", "grace_days", "This cannot be below 0."),
        ("day_cap_points = 60", "day_cap_points = 0", "day_cap_points", "This must be at least 1."),
        ("day_cap_points = 60", "day_cap_points = -60", "day_cap_points", "This must be at least 1."),
        ("unit_minutes = 30", "unit_minutes = 0", "roles.service.unit_minutes", "This must be at least 1."),
        ("points_per_unit = 5", "points_per_unit = -5", "roles.service.points_per_unit", "This must be at least 1."),
        ("points_per_unit = 5", "points_per_unit = 9999999999", "roles.service.points_per_unit",
         "This is far beyond what makes sense."),
        ("limit_minutes_per_activity = 240", "limit_minutes_per_activity = 1441",
         "roles.service.limit_minutes_per_activity", "This is far beyond what makes sense."),
        ("limit_minutes_per_activity = 240", "limit_minutes_per_activity = 29",
         "roles.service.limit_minutes_per_activity", "This is less than one unit, so nothing could be earned."),
        ("sessions_per_day = 2", "sessions_per_day = 49", "roles.publicity.sessions_per_day",
         "So many sessions of this length do not fit into a day."),
        ("referred_points = 10", "referred_points = 31", "roles.mediation.referred_points",
         "A case referred on cannot earn more than a closed one."),
        ("balance_floor_points = -200", "balance_floor_points = 1", "balance_floor_points",
         "This cannot be above 0."),
        ("balance_floor_points = -200", "balance_floor_points = -2000000", "balance_floor_points",
         "This is far beyond what makes sense."),
        ("month_cap_points = 400", "month_cap_points = 59", "month_cap_points",
         "The cap of a month cannot be below the cap of a day."),
        ("late_entry_with_evidence_days = 30", "late_entry_with_evidence_days = 6", "late_entry_with_evidence_days",
         "The window with evidence cannot be shorter than the usual one."),
        ("household_month_limit_points = 800", "household_month_limit_points = 499", "household_month_limit_points",
         "The limit of a household cannot be below the limit of one member."),
        ("1000, 1500]", "1000]", "star_hours",
         "Five whole numbers of hours are needed, each larger than the one before."),
        ("1000, 1500]", "1000, 1000]", "star_hours",
         "Five whole numbers of hours are needed, each larger than the one before."),
        ("[100, 300", "[0, 300", "star_hours",
         "Five whole numbers of hours are needed, each larger than the one before."),
        ("1000, 1500]", "1000, 1000001]", "star_hours",
         "Five whole numbers of hours are needed, each larger than the one before."),
        ("[100, 300", "[true, 300", "star_hours",
         "Five whole numbers of hours are needed, each larger than the one before."),
        ('kind = "per_unit"', 'kind = "per_smile"', "roles.service.kind",
         "A rule is per_unit, per_session or per_case."),
        ('kind = "per_unit"', "kind = [1]", "roles.service.kind", "A rule is per_unit, per_session or per_case."),
        ('code = "R1"', 'code = "R 1"', "code",
         "A code of at most 32 letters, digits, dots and hyphens is needed."),
        ('code = "R1"', "code = 1", "code",
         "A code of at most 32 letters, digits, dots and hyphens is needed."),
        ('en = "Rule set R1"', 'en = "a\\u0007b"', "name.en", "A text of 1 to 100 letters in one line is needed."),
        ('en = "Rule set R1"', 'en = " "', "name.en", "A text of 1 to 100 letters in one line is needed."),
        ('en = "Rule set R1"', f'en = "{"a" * 101}"', "name.en", "A text of 1 to 100 letters in one line is needed."),
        ('name = { zh = "积分细则 R1", en = "Rule set R1" }', 'name = "R1"', "name", "A table is needed here."),
    ],
)  # fmt: skip
def test_a_slip_is_refused_by_its_path(old: str, new: str, path: str, sentence: str) -> None:
    assert problems_of(changed(old, new))[path] == sentence


@pytest.mark.parametrize(
    "content",
    ["code =", "[[[", "x = " + "[" * 15_000, "x = " + "9" * 5_000, "x = 2026-13-01", 'x = "\\q"', "a = 1\na = 2"],
)
def test_what_is_no_toml_is_refused(content: str) -> None:
    assert problems_of(content) == {"content": "This cannot be read as TOML."}


def test_a_megabyte_is_refused_unread() -> None:
    assert problems_of("#" * 1_000_000) == {"content": "This is too long."}


def test_an_empty_text_lacks_everything() -> None:
    problems = problems_of("")
    assert problems["day_cap_points"] == problems["roles"] == problems["name"] == "This is missing."


def test_all_slips_are_told_at_once() -> None:
    content = changed("day_cap_points = 60", "day_cap_points = 0").replace("grace_days = 30", "grace_days = -1")
    assert set(problems_of(content)) == {"day_cap_points", "grace_days"}


def test_only_mediation_has_cases() -> None:
    content = changed(
        'kind = "per_session"\nname = { zh = "宣传", en = "Publicity" }\npoints = 10\nminimum_minutes = 30\n'
        "sessions_per_day = 2\n",
        'kind = "per_case"\nname = { zh = "宣传", en = "Publicity" }\npoints = 10\nreferred_points = 5\n'
        "mediators_per_case = 2\nfollow_up_days = 7\n",
    )
    assert problems_of(content) == {"roles.publicity.kind": "Only mediation has cases."}


def test_another_kind_of_rule_may_serve_a_role() -> None:
    content = changed(
        'kind = "per_session"\nname = { zh = "宣传", en = "Publicity" }\npoints = 10\nminimum_minutes = 30\n'
        "sessions_per_day = 2\n",
        'kind = "per_unit"\nname = { zh = "宣传", en = "Publicity" }\nunit_minutes = 60\npoints_per_unit = 8\n'
        "limit_minutes_per_activity = 120\n",
    )
    assert isinstance(parse_rule_set(content).by_role[ServiceRole.PUBLICITY], PerUnit)


@pytest.mark.parametrize("name", ["notice_working_days", "late_entry_days", "lead_points", "redemption_minimum_points"])
def test_a_branch_may_do_without(name: str) -> None:
    lines = [f"{name} = 0" if line.startswith(f"{name} =") else line for line in reference_content().splitlines()]
    assert getattr(parse_rule_set("\n".join(lines)), name) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("month_cap_points = 400", "month_cap_points = 60"),
        ("late_entry_with_evidence_days = 30", "late_entry_with_evidence_days = 7"),
        ("household_month_limit_points = 800", "household_month_limit_points = 500"),
        ("limit_minutes_per_activity = 240", "limit_minutes_per_activity = 30"),
        ("limit_minutes_per_activity = 240", "limit_minutes_per_activity = 1440"),
        ("sessions_per_day = 2", "sessions_per_day = 48"),
        ("referred_points = 10", "referred_points = 30"),
        ("balance_floor_points = -200", "balance_floor_points = 0"),
        ("years_kept = 1", "years_kept = 0"),
    ],
)
def test_what_only_just_makes_sense_is_read(old: str, new: str) -> None:
    assert parse_rule_set(changed(old, new)).code == "R1"


def test_every_sentence_is_there_in_chinese() -> None:
    sentences = {value for name, value in vars(rule_set).items() if name.isupper() and isinstance(value, str)}
    assert len(sentences) > 15
    assert sentences <= set(catalogue())


def test_a_rule_set_cannot_be_changed(r1: RuleSet) -> None:
    with pytest.raises(AttributeError):
        r1.day_cap_points = 61  # type: ignore[misc]  # the mistake that is tried here
    with pytest.raises(TypeError):
        del r1.by_role[ServiceRole.SERVICE]  # type: ignore[attr-defined]  # the mistake that is tried here


def test_what_is_just_within_its_bounds_is_taken() -> None:
    stars = parse_rule_set(changed("[100, 300, 600, 1000, 1500]", "[1, 2, 3, 4, 1000000]")).star_hours
    assert stars == (1, 2, 3, 4, 1_000_000)
    for name in ("服", "服" * 100):
        assert parse_rule_set(changed('zh = "服务"', f'zh = "{name}"')).by_role[ServiceRole.SERVICE].name.zh == name
    assert problems_of(changed('zh = "服务"', f'zh = "{"服" * 101}"')).keys() == {"roles.service.name.zh"}
