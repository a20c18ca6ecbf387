"""A draft as the fields of a form, every value by its path, and back into the same text with its comments."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any

import msgspec

from points_bank.errors import message
from points_bank.rules.drafts import in_toml, refuse_broken, to_toml
from points_bank.rules.rule_set import KINDS, STARS, ServiceRole

KIND_WORDS: Mapping[str, str] = {
    "per_unit": message("for time served"),
    "per_session": message("for each session"),
    "per_case": message("for each case"),
}
SECTIONS: Mapping[str, tuple[str, ...]] = {
    message("What it is called"): ("code", "version", "name.zh", "name.en"),
    message("Caps on what is earned"): ("lead_points", "day_cap_points", "month_cap_points"),
    message("From entering to settling"): ("notice_working_days", "late_entry_days", "late_entry_with_evidence_days"),
    message("When points lapse"): ("years_kept", "grace_days"),
    message("Exchanging points"): (
        "redemption_minimum_points", "visit_limit_items", "month_limit_points", "household_month_limit_points",
        "reservation_days", "reservation_tries",
    ),
    message("Corrections"): ("balance_floor_points",),
    message("Hours of service for the stars"): tuple(f"star_hours.{star}" for star in range(1, STARS + 1)),
}  # fmt: skip
"""What stands together on the form, besides the three roles."""
LABELS: Mapping[str, str] = {
    "code": message("Code"),
    "version": message("Version, higher than the one before"),
    "name.zh": message("Name in Chinese"),
    "name.en": message("Name in English"),
    "lead_points": message("Points more for who leads"),
    "day_cap_points": message("Most points a day"),
    "month_cap_points": message("Most points a month"),
    "notice_working_days": message("Working days of public notice"),
    "late_entry_days": message("Days within which service is entered"),
    "late_entry_with_evidence_days": message("Days within which it is entered with evidence"),
    "years_kept": message("Years after that of the service, at whose end points lapse"),
    "grace_days": message("Days of grace for what comes back after that"),
    "redemption_minimum_points": message("Points from which on one may exchange"),
    "visit_limit_items": message("Items a visit"),
    "month_limit_points": message("Points a month for one person"),
    "household_month_limit_points": message("Points a month for a household"),
    "reservation_days": message("Days for which a reservation is kept"),
    "reservation_tries": message("Tries at the code of a reservation"),
    "balance_floor_points": message("Lowest balance after a correction, 0 or below"),
    "star_hours.1": message("One star"),
    "star_hours.2": message("Two stars"),
    "star_hours.3": message("Three stars"),
    "star_hours.4": message("Four stars"),
    "star_hours.5": message("Five stars"),
    "unit_minutes": message("Minutes of one unit"),
    "points_per_unit": message("Points a unit"),
    "limit_minutes_per_activity": message("Most minutes that count of one activity"),
    "points": message("Points each time"),
    "minimum_minutes": message("Minutes it must last at least"),
    "sessions_per_day": message("Times a day at most"),
    "referred_points": message("Points where a case is referred on"),
    "mediators_per_case": message("Mediators a case at most"),
    "follow_up_days": message("Days after which it is followed up at the earliest"),
}
"""By the last part of a path, or the whole of one that stands at the top."""

_TEXTS = frozenset({"code", "kind", "name.zh", "name.en"})
_NAMES = ("name.zh", "name.en")
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_ONE_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\]|\{[^}]*\}|[^\s#"'\[{]+)"""

Table = dict[str, Any]


class Value(msgspec.Struct, frozen=True):
    """A value on the form: `label` is not yet translated, `text` is what the draft says, empty where it is missing."""

    path: str
    label: str
    text: str

    @property
    def is_text(self) -> bool:
        return self.path in _TEXTS or self.path.endswith(_NAMES)


class RoleFields(msgspec.Struct, frozen=True):
    """How one of the three roles earns; `kind` is one of `KIND_WORDS`, or what else stands in the draft."""

    role: ServiceRole
    kind: str
    values: list[Value]


class DraftFields(msgspec.Struct, frozen=True):
    """A draft for a form. `sections` are by their titles."""

    roles: list[RoleFields]
    sections: list[tuple[str, list[Value]]]

    @property
    def paths(self) -> set[str]:
        """Beside which of the fields something can be said."""
        values = [value for _, section in self.sections for value in section]
        values += [value for each in self.roles for value in each.values]
        return {value.path for value in values} | {f"roles.{each.role}.kind" for each in self.roles}


def fields_of(content: str) -> DraftFields:
    """A TOML text as a form shows it, whatever is missing or wrong in it. Refuses `invalid` what is no TOML."""
    refuse_broken(content)
    table = tomllib.loads(content)
    sections = [
        (title, [Value(path, LABELS[path], _text_at(table, path)) for path in paths])
        for title, paths in SECTIONS.items()
    ]
    return DraftFields([_role_fields(table, role) for role in ServiceRole], sections)


def with_fields(content: str, typed: Mapping[str, str]) -> str:
    """The text with the values that were typed into a form, by path; an empty one is taken out.

    Lines keep their places and comments, but where another kind of rule needs other lines. What is no whole number
    is kept as it was typed, so that `check_draft` can name it. Refuses `invalid` a text that is no TOML.
    """
    refuse_broken(content)
    before = tomllib.loads(content)
    after = _merged(before, typed)
    edited = "\n".join(_edited(content, before, after)) + "\n"
    try:
        return edited if tomllib.loads(edited) == after else to_toml(after)
    except ValueError:
        return to_toml(after)


def paths_of_kind(kind: str) -> tuple[str, ...]:
    """What a rule of that kind has besides its kind, by path inside the role."""
    names = [each.name for each in fields(KINDS[kind]) if each.name != "name"] if kind in KINDS else []
    return (*_NAMES, *names)


def _role_fields(table: Table, role: ServiceRole) -> RoleFields:
    kind, at = _text_at(table, f"roles.{role}.kind"), f"roles.{role}."
    values = [Value(at + path, LABELS[path], _text_at(table, at + path)) for path in paths_of_kind(kind)]
    return RoleFields(role, kind, values)


def _text_at(table: Table, path: str) -> str:
    found: Any = table
    for part in path.split("."):
        if isinstance(found, list):
            found = found[int(part) - 1] if len(found) >= int(part) else None
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return "" if found is None or isinstance(found, dict) else str(found)


def _merged(before: Table, typed: Mapping[str, str]) -> Table:
    after = deepcopy(before)
    for paths in SECTIONS.values():
        _put(after, {path: typed[path] for path in paths if path in typed and not path.startswith("star_hours")})
    stars = [path for path in LABELS if path.startswith("star_hours.") and path in typed]
    if stars:
        after["star_hours"] = [_read(path, typed[path]) for path in stars if typed[path]]
    roles = after.setdefault("roles", {})
    for role in ServiceRole if isinstance(roles, dict) else ():
        kind = typed.get(f"roles.{role}.kind")
        if kind is None:
            continue
        rule = roles.get(role.value)
        if not isinstance(rule, dict) or rule.get("kind") != kind:
            roles[role.value] = rule = {"kind": kind}
        at = f"roles.{role}."
        _put(rule, {path: typed[at + path] for path in paths_of_kind(kind) if at + path in typed})
    return after


def _put(table: Table, typed: Mapping[str, str]) -> None:
    for path, text in typed.items():
        place, names = table, path.split(".")
        for name in names[:-1]:
            if not isinstance(place.get(name), dict):
                place[name] = {}
            place = place[name]
        if text:
            place[names[-1]] = _read(path, text)
        else:
            place.pop(names[-1], None)


def _read(path: str, text: str) -> int | str:
    return int(text) if path not in _TEXTS and _WHOLE.fullmatch(text) else text


def _edited(content: str, before: Table, after: Table) -> Iterator[str]:
    """The lines, each with the value that its key has in the new table."""
    place_before, place_after = before, after
    for line in content.splitlines():
        if header := re.match(r"\s*\[([^\[\]]+)\]", line):
            names = [name.strip(" \"'") for name in header[1].split(".")]
            place_before, place_after = _inner(before, names), _inner(after, names)
        found = re.match(rf"(\s*([A-Za-z0-9_-]+)\s*=\s*){_ONE_VALUE}(\s*(?:#.*)?)$", line)
        key = found[2] if found else ""
        if found and key in place_after and place_before.get(key) != place_after[key]:
            yield f"{found[1]}{in_toml(place_after[key])}{found[3]}"
        else:
            yield line


def _inner(table: Table, names: list[str]) -> Table:
    found: Any = table
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
