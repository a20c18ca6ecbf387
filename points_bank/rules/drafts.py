"""Drafts: a rule set before it is taken, with what is wrong in it by line, and what is only strange."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from points_bank.errors import Invalid, message
from points_bank.rules.rule_set import (
    MINUTES_OF_A_DAY,
    NO_TOML,
    PerCase,
    PerSession,
    PerUnit,
    RuleSet,
    parse_rule_set,
)

LONGEST_MONTH_DAYS = 31

NEVER_BINDS_IN_A_MONTH = message("No month reaches this: 31 days of the day's cap are less.")
NEVER_BINDS_IN_A_DAY = message("No day reaches this: 24 hours of service, every session and a mediation come to less.")
MINIMUM_ABOVE_LIMIT = message("Who has saved this much cannot exchange it in one month.")

_HEADER = re.compile(r"^\s*\[\s*([A-Za-z0-9_.\"'-]+)\s*\]")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")
_AT_LINE = re.compile(r"at line (\d+), column (\d+)")


class Oddity(msgspec.Struct, frozen=True):
    """What is allowed and yet strange: a path such as `day_cap_points`, its line, and a sentence to be translated."""

    path: str
    line: int
    sentence: str


class Draft(msgspec.Struct, frozen=True):
    """A rule set that could be taken, with its text."""

    content: str
    rule_set: RuleSet
    oddities: tuple[Oddity, ...]


def check_draft(content: str) -> Draft:
    """Read a TOML text as a rule set that may be taken.

    Refuses `invalid` what `parse_rule_set` refuses, and a cap of the month that no month can reach; each by its path
    and line: `roles.service.unit_minutes (line 41)`.
    """
    refuse_broken(content)
    try:
        rules = parse_rule_set(content)
    except Invalid as refusal:
        raise _by_line(content, refusal.fields) from None
    if problems := dict(_impossible(rules)):
        raise _by_line(content, problems)
    oddities = tuple(Oddity(path, line_of(content, path), sentence) for path, sentence in _strange(rules))
    return Draft(content, rules, oddities)


def line_of(content: str, path: str) -> int:
    """The line of a TOML text on which a value stands, or on which the table begins where it is missing."""
    places, table = {"": 1}, ""
    for number, line in enumerate(content.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _plain(header[1])
            places.setdefault(table.partition(".")[0], number)
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            places.setdefault(f"{table}.{_plain(key[1])}" if table else _plain(key[1]), number)
    while path not in places:
        path = path.rpartition(".")[0]
    return places[path]


def to_toml(table: Mapping[str, Any]) -> str:
    """A rule set given as JSON, as the text that is kept. What TOML has no word for is refused when it is read."""
    return "\n".join(_lines(table, "")) + "\n"


def refuse_broken(content: str) -> None:
    """Refuses `invalid`, by line, a text that is no TOML."""
    try:
        tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        place = _AT_LINE.search(str(error))
        where = f"line {place[1]}, column {place[2]}" if place else f"line {content.count(chr(10)) + 1}"
        raise Invalid({f"content ({where})": NO_TOML}) from None
    except (ValueError, RecursionError):
        raise Invalid({"content": NO_TOML}) from None


def _by_line(content: str, problems: Mapping[str, str]) -> Invalid:
    return Invalid({f"{path} (line {line_of(content, path)})": sentence for path, sentence in problems.items()})


def _impossible(rules: RuleSet) -> Iterator[tuple[str, str]]:
    if rules.month_cap_points > LONGEST_MONTH_DAYS * rules.day_cap_points:
        yield "month_cap_points", NEVER_BINDS_IN_A_MONTH


def _strange(rules: RuleSet) -> Iterator[tuple[str, str]]:
    if rules.day_cap_points > most_of_a_day(rules):
        yield "day_cap_points", NEVER_BINDS_IN_A_DAY
    if rules.redemption_minimum_points > rules.month_limit_points:
        yield "redemption_minimum_points", MINIMUM_ABOVE_LIMIT


def most_of_a_day(rules: RuleSet) -> int:
    """More than anybody earns on a day: 24 hours of service, every session and a case, each with the bonus to lead."""
    points = 0
    for rule in rules.by_role.values():
        match rule:
            case PerUnit():
                points += MINUTES_OF_A_DAY // rule.unit_minutes * (rule.points_per_unit + rules.lead_points)
            case PerSession():
                points += rule.sessions_per_day * (rule.points + rules.lead_points)
            case PerCase():
                points += rule.points + rules.lead_points
    return points


def _lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    inner = {name: value for name, value in table.items() if isinstance(value, dict)}
    yield from (f"{_key(name)} = {in_toml(value)}" for name, value in table.items() if name not in inner)
    for name, value in inner.items():
        yield f"\n[{path}{_key(name)}]"
        yield from _lines(value, f"{path}{_key(name)}.")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def in_toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {in_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(in_toml(each) for each in value)}]"
    if isinstance(value, int | float):
        return str(value)
    return _text("" if value is None else str(value))


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in escaped) + '"'


def _plain(name: str) -> str:
    return name.replace('"', "").replace("'", "")
