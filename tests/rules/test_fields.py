"""A draft as a form: every value has a field, and what is typed comes back as the same text."""

import tomllib
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from points_bank.errors import Invalid
from points_bank.rules.drafts import check_draft
from points_bank.rules.fields import LABELS, DraftFields, fields_of, with_fields
from points_bank.rules.rule_set import KINDS, RuleSet, parse_rule_set, reference_content

R1 = reference_content()
WHOLE = st.one_of(st.integers(-(10**6), 10**6).map(str), st.text("a\"'\\#=[]{}\n 张", max_size=6))


def typed(shown: DraftFields) -> dict[str, str]:
    """What a form sends that nobody changed."""
    values = [value for _, section in shown.sections for value in section]
    values += [value for each in shown.roles for value in each.values]
    return {value.path: value.text for value in values} | {f"roles.{each.role}.kind": each.kind for each in shown.roles}


def test_every_value_has_a_field_and_a_label() -> None:
    plain = {each.name for each in fields(RuleSet)} - {"name", "by_role", "star_hours"}
    kinds = {each.name for kind in KINDS.values() for each in fields(kind)} - {"name"}
    stars = {f"star_hours.{star}" for star in range(1, 6)}
    assert set(LABELS) == plain | kinds | stars | {"name.zh", "name.en"}
    assert {path.rpartition(".")[2] for path in fields_of(R1).paths} >= plain | kinds - {"kind"}


def test_a_form_that_nobody_changed_is_the_same_text() -> None:
    assert with_fields(R1, typed(fields_of(R1))) == R1


def test_a_changed_value_keeps_its_line_and_its_comment() -> None:
    changed = {
        "day_cap_points": "80", "name.zh": "细则“新”", "star_hours.1": "50", "roles.service.points_per_unit": "6",
        "version": "2",
    }  # fmt: skip
    content = with_fields(R1, typed(fields_of(R1)) | changed)
    assert "day_cap_points = 80                   # by service date" in content
    assert len(content.splitlines()) == len(R1.splitlines())
    rules = parse_rule_set(content)
    assert (rules.day_cap_points, rules.name.zh, rules.star_hours[0], rules.version) == (80, "细则“新”", 50, 2)
    assert typed(fields_of(content)) == typed(fields_of(R1)) | changed


def test_another_kind_brings_other_fields() -> None:
    asked = typed(fields_of(R1)) | {"roles.publicity.kind": "per_unit"}
    content = with_fields(R1, asked)
    (publicity, *_) = fields_of(content).roles
    assert [value.path.rpartition(".")[2] for value in publicity.values][2:] == [
        "unit_minutes", "points_per_unit", "limit_minutes_per_activity",
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        check_draft(content)
    assert {path.partition(" (")[0] for path in refused.value.fields} == {
        "roles.publicity.unit_minutes", "roles.publicity.points_per_unit",
        "roles.publicity.limit_minutes_per_activity",
    }  # fmt: skip
    assert publicity.values[0].text == "宣传"


def test_what_is_typed_wrong_is_named_by_its_path() -> None:
    content = with_fields(R1, typed(fields_of(R1)) | {"day_cap_points": "many", "years_kept": "", "star_hours.2": "x"})
    with pytest.raises(Invalid) as refused:
        check_draft(content)
    assert {path.partition(" (")[0] for path in refused.value.fields} == {"day_cap_points", "years_kept", "star_hours"}


def test_what_the_form_does_not_show_stays() -> None:
    content = with_fields(f"bonus = 3\n{R1}", typed(fields_of(R1)) | {"lead_points": "6"})
    assert content.startswith("bonus = 3\n")
    assert tomllib.loads(content)["lead_points"] == 6


def test_what_the_form_does_not_show_of_a_role_stays() -> None:
    content = R1.replace('[roles.service]\nkind = "per_unit"', '[roles.service]\nkind = "per_unit"\nbonus = 3')
    changed = {"roles.service.kind": "per_unit", "roles.service.points_per_unit": "6"}
    edited = with_fields(content, changed)
    service = tomllib.loads(edited)["roles"]["service"]
    assert (service["bonus"], service["points_per_unit"], service["unit_minutes"]) == (3, 6, 30)
    assert edited == content.replace("points_per_unit = 5", "points_per_unit = 6"), "one line, and no other role"
    assert "bonus" not in with_fields(content, changed | {"roles.service.kind": "per_session"})


def test_a_text_without_roles_gets_those_that_were_typed() -> None:
    content = with_fields('code = "R2"', {"roles.mediation.kind": "per_case", "roles.mediation.points": "30"})
    assert tomllib.loads(content) == {"code": "R2", "roles": {"mediation": {"kind": "per_case", "points": 30}}}


@pytest.mark.parametrize("content", ["", "roles = 3", "name = 'x'", "star_hours = 4", "[roles]\nservice = 1"])
def test_a_text_with_little_in_it_can_be_shown_and_filled(content: str) -> None:
    asked = typed(fields_of(content)) | {"code": "R2", "lead_points": "5"}
    assert tomllib.loads(with_fields(content, asked))["lead_points"] == 5


def test_what_is_no_toml_is_refused() -> None:
    for act in (fields_of, lambda content: with_fields(content, {})):
        with pytest.raises(Invalid):
            act("points = = 3")


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(typed(fields_of(R1)))), WHOLE))
def test_whatever_is_typed_is_kept_as_it_was_typed(changed: dict[str, str]) -> None:
    """The text is always TOML, and says of every field what was typed into it."""
    kinds = {path: text for path, text in changed.items() if path.endswith("kind")}
    asked = typed(fields_of(R1)) | {path: text for path, text in changed.items() if path not in kinds}
    again = typed(fields_of(with_fields(R1, asked)))
    stars = [text for path, text in sorted(asked.items()) if path.startswith("star_hours.") and text]
    said = {path: _said(path, text) for path, text in asked.items() if not path.startswith("star_hours.")}
    assert {path: text for path, text in again.items() if not path.startswith("star_hours.")} == said
    assert [again[f"star_hours.{star}"] for star in range(1, len(stars) + 1)] == [_said("star_hours", s) for s in stars]


def _said(path: str, text: str) -> str:
    """A whole number may be typed as 007."""
    is_number = text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()
    return str(int(text)) if is_number and not path.endswith(("code", "name.zh", "name.en")) else text
