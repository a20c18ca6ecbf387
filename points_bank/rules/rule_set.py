"""A rule set: what service earns, what caps it, and the limits of settlement, lots and exchange; read from TOML.

All that is wrong with a text is told at once, by path, in sentences staff can act on.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, get_type_hints

from points_bank.errors import Invalid, message


class ServiceRole(StrEnum):
    """The three roles a volunteer may serve in."""

    PUBLICITY = "publicity"
    MEDIATION = "mediation"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Between:
    """The whole numbers that make sense for a value, both ends included."""

    least: int
    most: int


Points = Annotated[int, Between(1, 1_000_000)]
PointsOrNone = Annotated[int, Between(0, 1_000_000)]
Minutes = Annotated[int, Between(1, 1_440)]
MinutesOrNone = Annotated[int, Between(0, 1_440)]
Days = Annotated[int, Between(1, 3_650)]
DaysOrNone = Annotated[int, Between(0, 3_650)]
Quantity = Annotated[int, Between(1, 1_000)]


@dataclass(frozen=True, slots=True)
class Name:
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PerUnit:
    """Points for each completed unit of time; minutes beyond the limit of one activity earn none."""

    kind: ClassVar[str] = "per_unit"
    name: Name
    unit_minutes: Minutes
    points_per_unit: Points
    limit_minutes_per_activity: Minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class PerSession:
    """Points for each session that is long enough, up to so many a day."""

    kind: ClassVar[str] = "per_session"
    name: Name
    points: Points
    minimum_minutes: MinutesOrNone
    sessions_per_day: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class PerCase:
    """Points for each mediator of a case, once it is closed and was followed up so many days after the service.

    Settled and unsettled cases earn the same, so that nobody is pressed into settling; a case referred on earns
    `referred_points`.
    """

    kind: ClassVar[str] = "per_case"
    name: Name
    points: Points
    referred_points: PointsOrNone
    mediators_per_case: Quantity
    follow_up_days: DaysOrNone


Rule = PerUnit | PerSession | PerCase


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One version of the rules. `parse_rule_set` makes it; a value that was not checked never becomes one."""

    code: str
    version: Annotated[int, Between(1, 1_000_000)]
    name: Name
    by_role: Mapping[ServiceRole, Rule] = field(hash=False)
    lead_points: PointsOrNone
    day_cap_points: Points
    month_cap_points: Points
    notice_working_days: Annotated[int, Between(0, 365)]
    late_entry_days: DaysOrNone
    late_entry_with_evidence_days: DaysOrNone
    years_kept: Annotated[int, Between(0, 100)]
    grace_days: DaysOrNone
    redemption_minimum_points: PointsOrNone
    visit_limit_items: Quantity
    month_limit_points: Points
    household_month_limit_points: Points
    reservation_days: Days
    reservation_tries: Quantity
    balance_floor_points: Annotated[int, Between(-1_000_000, 0)]
    star_hours: tuple[int, ...]

    def lapses_on(self, service_on: date) -> date:
        """The last day on which what a day of service earned can be spent; the lot lapses at its end."""
        return date(service_on.year + self.years_kept, 12, 31)

    def stars_of(self, service_minutes: int) -> int:
        """0 to 5 stars, by the whole hours of service."""
        return sum(service_minutes >= 60 * hours for hours in self.star_hours)


LONGEST_CONTENT_LETTERS = 20_000
MINUTES_OF_A_DAY = 24 * 60
STARS = 5

KINDS: Mapping[str, type[Rule]] = {kind.kind: kind for kind in (PerUnit, PerSession, PerCase)}
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")

MISSING = message("This is missing.")
UNKNOWN = message("This is not known here.")
NO_TOML = message("This cannot be read as TOML.")
TOO_LONG = message("This is too long.")
NO_TABLE = message("A table is needed here.")
NO_TEXT = message("A text of 1 to 100 letters in one line is needed.")
NO_CODE = message("A code of at most 32 letters, digits, dots and hyphens is needed.")
NO_KIND = message("A rule is per_unit, per_session or per_case.")
NO_WHOLE_NUMBER = message("A whole number is needed.")
BELOW_ZERO = message("This cannot be below 0.")
BELOW_ONE = message("This must be at least 1.")
ABOVE_ZERO = message("This cannot be above 0.")
NO_SENSE = message("This is far beyond what makes sense.")
NO_STARS = message("Five whole numbers of hours are needed, each larger than the one before.")
ONLY_MEDIATION = message("Only mediation has cases.")
LESS_THAN_A_UNIT = message("This is less than one unit, so nothing could be earned.")
NOT_IN_A_DAY = message("So many sessions of this length do not fit into a day.")
MORE_THAN_CLOSED = message("A case referred on cannot earn more than a closed one.")
LESS_THAN_THE_DAY = message("The cap of a month cannot be below the cap of a day.")
LESS_THAN_USUAL = message("The window with evidence cannot be shorter than the usual one.")
LESS_THAN_A_MEMBER = message("The limit of a household cannot be below the limit of one member.")


def reference_content() -> str:
    """R1, as it is shipped: the content of the first rule set of an empty bank."""
    return files("points_bank.rules").joinpath("R1.toml").read_text("utf-8")


def parse_rule_set(toml_text: str) -> RuleSet:
    """The rule set that a TOML text describes; `R1.toml` shows every value.

    Refuses with `Invalid`, by path (`roles.service.unit_minutes`), what is missing, unknown, mistyped or absurd.
    """
    reader = _Reader(_table(toml_text))
    rules = reader.rule_set()
    problems = dict(reader.problems or _contradictions(rules))
    if problems:
        raise Invalid(problems)
    return rules


def _table(toml_text: str) -> Mapping[str, Any]:
    if len(toml_text) > LONGEST_CONTENT_LETTERS:
        raise Invalid({"content": TOO_LONG})
    try:
        return tomllib.loads(toml_text)
    except (ValueError, RecursionError):
        # Beyond broken TOML: numbers too long to read are a ValueError, endless brackets a RecursionError.
        raise Invalid({"content": NO_TOML}) from None


class _Reader:
    """Reads values out of tables, noting what is wrong by path. Where `problems` is not empty, what it read is void."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.table = table
        self.problems: dict[str, str] = {}

    def rule_set(self) -> RuleSet:
        self._refuse_unknown(self.table, "", _names(RuleSet) - {"by_role"} | {"roles"})
        return RuleSet(
            code=self._code(),
            name=self._name(self.table, ""),
            by_role=MappingProxyType(self._by_role()),
            star_hours=self._star_hours(),
            **self._whole_numbers(RuleSet, self.table, ""),
        )

    def _by_role(self) -> dict[ServiceRole, Rule]:
        roles = self._inner(self.table, "roles", "")
        self._refuse_unknown(roles, "roles.", set(ServiceRole))
        read = {role: self._rule(self._inner(roles, role, "roles."), f"roles.{role}.") for role in ServiceRole}
        return {role: rule for role, rule in read.items() if rule}

    def _rule(self, table: Mapping[str, Any], path: str) -> Rule | None:
        given = self._given(table, "kind", path)
        kind = KINDS.get(given) if isinstance(given, str) else None
        if kind is None:
            self.problems.setdefault(path + "kind", NO_KIND)
            return None
        self._refuse_unknown(table, path, _names(kind) | {"kind"})
        return kind(name=self._name(table, path), **self._whole_numbers(kind, table, path))

    def _name(self, table: Mapping[str, Any], path: str) -> Name:
        names = self._inner(table, "name", path)
        self._refuse_unknown(names, f"{path}name.", {"zh", "en"})
        return Name(zh=self._text(names, "zh", f"{path}name."), en=self._text(names, "en", f"{path}name."))

    def _text(self, table: Mapping[str, Any], name: str, path: str) -> str:
        given = self._given(table, name, path)
        text = given.strip() if isinstance(given, str) else ""
        if not 1 <= len(text) <= 100 or not text.isprintable():
            self.problems.setdefault(path + name, NO_TEXT)
        return text

    def _code(self) -> str:
        given = self._given(self.table, "code", "")
        if not isinstance(given, str) or not CODE.fullmatch(given):
            self.problems.setdefault("code", NO_CODE)
        return str(given)

    def _star_hours(self) -> tuple[int, ...]:
        given = self._given(self.table, "star_hours", "")
        hours = given if isinstance(given, list) and all(type(hour) is int for hour in given) else []
        if len(hours) != STARS or hours[0] < 1 or hours[-1] > 1_000_000 or sorted(set(hours)) != hours:
            self.problems.setdefault("star_hours", NO_STARS)
        return tuple(hours)

    def _whole_numbers(self, kind: type[Any], table: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Every field of `kind` that is declared with `Between`."""
        hints = get_type_hints(kind, include_extras=True)
        bounds = {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}
        return {name: self._whole_number(table, name, path, between) for name, between in bounds.items()}

    def _whole_number(self, table: Mapping[str, Any], name: str, path: str, between: Between) -> int:
        given = self._given(table, name, path)
        # In Python `true` is a whole number too; in a rule set it is a slip of the pen.
        if type(given) is not int:
            self.problems.setdefault(path + name, NO_WHOLE_NUMBER)
            return 0
        if not between.least <= given <= between.most:
            self.problems[path + name] = _out_of_bounds(given, between)
        return given

    def _inner(self, table: Mapping[str, Any], name: str, path: str) -> Mapping[str, Any]:
        given = self._given(table, name, path)
        if isinstance(given, dict):
            return given
        self.problems.setdefault(path + name, NO_TABLE)
        return {}

    def _given(self, table: Mapping[str, Any], name: str, path: str) -> Any:
        if name not in table:
            self.problems[path + name] = MISSING
        return table.get(name)

    def _refuse_unknown(self, table: Mapping[str, Any], path: str, known: set[Any]) -> None:
        self.problems.update({path + name: UNKNOWN for name in table if name not in known})


def _names(kind: type[Any]) -> set[str]:
    return {each.name for each in fields(kind)}


def _out_of_bounds(given: int, between: Between) -> str:
    if given < between.least and between.least in (0, 1):
        return BELOW_ONE if between.least else BELOW_ZERO
    if given > between.most == 0:
        return ABOVE_ZERO
    return NO_SENSE


def _contradictions(rules: RuleSet) -> Iterator[tuple[str, str]]:
    """What makes sense by itself, but not together with the rest."""
    for role, rule in rules.by_role.items():
        yield from _contradictions_of(rule, role)
    if rules.month_cap_points < rules.day_cap_points:
        yield "month_cap_points", LESS_THAN_THE_DAY
    if rules.late_entry_with_evidence_days < rules.late_entry_days:
        yield "late_entry_with_evidence_days", LESS_THAN_USUAL
    if rules.household_month_limit_points < rules.month_limit_points:
        yield "household_month_limit_points", LESS_THAN_A_MEMBER


def _contradictions_of(rule: Rule, role: ServiceRole) -> Iterator[tuple[str, str]]:
    path = f"roles.{role}."
    match rule:
        case PerUnit() if rule.limit_minutes_per_activity < rule.unit_minutes:
            yield path + "limit_minutes_per_activity", LESS_THAN_A_UNIT
        case PerSession() if rule.sessions_per_day * max(rule.minimum_minutes, 1) > MINUTES_OF_A_DAY:
            yield path + "sessions_per_day", NOT_IN_A_DAY
        case PerCase() if role is not ServiceRole.MEDIATION:
            yield path + "kind", ONLY_MEDIATION
        case PerCase() if rule.referred_points > rule.points:
            yield path + "referred_points", MORE_THAN_CLOSED
