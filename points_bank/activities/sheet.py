"""A sign-in sheet as it is handed in, and what makes no sense about it."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from points_bank.clock import day_of
from points_bank.errors import FutureActivity, Invalid, LateEntry, message
from points_bank.rules.points import CaseOutcome
from points_bank.rules.rule_set import RuleSet, ServiceRole
from points_bank.transaction import Transaction

LONGEST_MINUTES = 24 * 60
MOST_LINES = 1_000
FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Times outside of these are told as what they are: nothing to reckon with."""
OLDEST_CASE_DAYS = 366
"""How old a mediation may be whose follow-up is recent: one further back is a slip of the pen."""

OUT_OF_RANGE = message("Out of range.")
ENDS_BEFORE_START = message("Ends before it starts.")
TOO_LONG = message("An activity lasts 24 hours at most.")
TWICE = message("The same person stands twice on this sheet.")
NO_LINES = message("Name at least one and at most 1,000 people.")
NO_PERSON = message("Say who took part: member_id or card_no, one of them.")
MORE_THAN_ACTIVITY = message("Longer than the activity.")
CASE_NEEDED = message("A mediation needs its case reference.")
NO_CASE = message("Only a mediation has a case.")
BEFORE_SERVICE = message("Before the service.")


class SheetLine(msgspec.Struct, frozen=True, kw_only=True):
    """One person on a sheet. `minutes` is the activity's length where it is left out.

    Who shows a card is entered by its number instead of `member_id`, from whatever branch they come.
    """

    member_id: int = 0
    card_no: str | None = None
    minutes: int | None = None
    is_lead: bool = False
    case_reference: str | None = None
    case_outcome: CaseOutcome | None = None
    followed_up_on: date | None = None


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    branch_id: int
    role: ServiceRole
    title: str
    started_at: datetime
    ended_at: datetime
    lines: Sequence[SheetLine]
    theme: str | None = None
    place: str | None = None
    evidence: str | None = None
    headcount: int | None = None

    @property
    def minutes(self) -> int:
        """The activity's length in whole minutes."""
        return int((self.ended_at - self.started_at).total_seconds()) // 60

    def minutes_of(self, line: SheetLine) -> int:
        return self.minutes if line.minutes is None else line.minutes

    @property
    def fingerprint(self) -> bytes:
        """The same for the same sheet entered twice, whatever its title: branch, role, times and people."""
        people = ",".join(str(member_id) for member_id in sorted(line.member_id for line in self.lines))
        times = f"{self.started_at.timestamp():.0f}-{self.ended_at.timestamp():.0f}"
        return hashlib.sha256(f"{self.branch_id}/{self.role}/{times}/{people}".encode()).digest()


def check_sheet(sheet: Sheet) -> None:
    """Refuse what makes no sense by itself, naming every field."""
    problems: dict[str, str] = {
        name: OUT_OF_RANGE
        for name, at in (("started_at", sheet.started_at), ("ended_at", sheet.ended_at))
        if not FIRST_YEAR <= at.year <= LAST_YEAR
    }
    if sheet.minutes < 1:
        problems["ended_at"] = ENDS_BEFORE_START
    elif sheet.minutes > LONGEST_MINUTES:
        problems["ended_at"] = TOO_LONG
    if not 1 <= len(sheet.lines) <= MOST_LINES:
        problems["participations"] = NO_LINES
    met: set[int] = set()
    for number, line in enumerate(sheet.lines):
        path = f"participations[{number}]"
        if line.member_id == 0:
            problems[f"{path}.member_id"] = NO_PERSON
        elif line.member_id in met:
            problems[f"{path}.member_id"] = TWICE
        met.add(line.member_id)
        if line.minutes is not None and line.minutes < 1:
            problems[f"{path}.minutes"] = OUT_OF_RANGE
        if sheet.minutes_of(line) > max(sheet.minutes, 1):
            problems[f"{path}.minutes"] = MORE_THAN_ACTIVITY
        problems |= _case_problems(sheet, line, path)
    if problems:
        raise Invalid(problems)


def _case_problems(sheet: Sheet, line: SheetLine, path: str) -> dict[str, str]:
    if sheet.role is ServiceRole.MEDIATION:
        return {} if line.case_reference else {f"{path}.case_reference": CASE_NEEDED}
    given = {
        "case_reference": line.case_reference,
        "outcome": line.case_outcome,
        "followed_up_on": line.followed_up_on,
    }
    return {f"{path}.{name}": NO_CASE for name, value in given.items() if value is not None}


def check_dates(tx: Transaction, sheet: Sheet, rules: RuleSet) -> bool:
    """Whether the sheet is late, so that it needs the community's approval.

    Refuses `future_activity`, `late_entry` after the last day, and `late_entry` without evidence after the usual days.
    A mediation is counted from its follow-up, unless it is older than a year.
    """
    service_on = day_of(sheet.started_at, tx.zone)
    if sheet.ended_at > tx.now or any(line.followed_up_on and line.followed_up_on > tx.today for line in sheet.lines):
        raise FutureActivity
    for number, line in enumerate(sheet.lines):
        if line.followed_up_on and line.followed_up_on < service_on:
            raise Invalid({f"participations[{number}].followed_up_on": BEFORE_SERVICE})
    days = (tx.today - min(line.followed_up_on or service_on for line in sheet.lines)).days
    if (tx.today - service_on).days > OLDEST_CASE_DAYS:
        raise late_entry(service_on, (tx.today - service_on).days, rules)
    if days > rules.late_entry_with_evidence_days or (days > rules.late_entry_days and not sheet.evidence):
        raise late_entry(service_on, days, rules)
    return days > rules.late_entry_days


def late_entry(service_on: date, days: int, rules: RuleSet) -> LateEntry:
    return LateEntry(
        service_on=service_on,
        days=days,
        usual_days=rules.late_entry_days,
        latest_days=rules.late_entry_with_evidence_days,
    )
