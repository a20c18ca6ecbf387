"""A file of past activities: service from before the bank was opened, with its minutes and without points.

What points of that time are left comes in once, as an opening balance.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.models import Activity, ActivityState, Participation, ParticipationState
from points_bank.activities.sheet import LONGEST_MINUTES, MORE_THAN_ACTIVITY
from points_bank.actor import Task
from points_bank.clock import day_of
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, OwnActivity, message
from points_bank.imports.cells import NEEDED
from points_bank.imports.finding import find_members
from points_bank.imports.headings import Column, Fault, ReadRow
from points_bank.imports.record import Served, service_doubts
from points_bank.imports.rows import Entry, Refused, RowKind
from points_bank.imports.scope import Scope
from points_bank.imports.session import SESSION, Span, span_of
from points_bank.ledger.posting import Award, award
from points_bank.rules.in_force import rules_in_force
from points_bank.rules.points import Arithmetic, Step, StepCode
from points_bank.rules.rule_set import ServiceRole
from points_bank.transaction import Transaction

ACTIVITY, LINE = table_of(Activity), table_of(Participation)

TOO_RECENT = message("This is recent enough to be logged with its sheet, by two people.")
NO_MINUTES = message("No minutes.")
TOO_LONG = message("Longer than {most} minutes.")
NEEDS_STAFF = message("Say which member of staff sends the file: who recorded an activity is on record.")

_FIND = sa.select(ACTIVITY.c.id).where(*given(ACTIVITY, "fingerprint"))
_ADD = sa.insert(ACTIVITY).returning(ACTIVITY.c.id)
_ADD_LINE = sa.insert(LINE).returning(LINE.c.id)


class PastSession(msgspec.Struct, frozen=True):
    """One past activity, as its rows agree on it."""

    branch_id: int
    role: ServiceRole
    title: str
    span: Span

    @property
    def fingerprint(self) -> bytes:
        times = f"{self.span.started_at.isoformat()}/{self.span.ended_at.isoformat()}"
        return hashlib.sha256(f"past/{self.branch_id}/{self.role}/{times}/{self.title}".encode()).digest()


class PastLine(msgspec.Struct, frozen=True):
    session: PastSession
    member_id: int
    minutes: int
    is_lead: bool
    service_on: date
    has_times: bool

    @property
    def served(self) -> Served:
        span = self.session.span
        return Served(
            member_id=self.member_id, service_on=self.service_on, title=self.session.title, started_at=span.started_at,
            ended_at=span.started_at + timedelta(minutes=self.minutes), minutes=self.minutes, has_times=self.has_times,
        )  # fmt: skip


class PastRows(RowKind):
    """Each row is one person in one activity; rows with the same branch, role, title and times are one activity."""

    task = Task.LOG
    rows_of_a_part = 300
    columns: Sequence[Column] = SESSION

    def entries(self, tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> list[Entry | Refused]:
        if scope.by.staff_id is None:
            raise Invalid({"login": NEEDS_STAFF})
        scope.find_branches(tx, {row.values["branch"] for row in rows if "branch" in row.values})
        members = find_members(tx, scope, rows)
        return [_entry(tx, scope, row, member) for row, member in zip(rows, members, strict=True)]

    def doubts(self, tx: Transaction, entries: Sequence[Entry], subjects: Sequence[int | None]) -> list[Fault | None]:
        return service_doubts(tx, [entry.value.served for entry in entries], subjects)

    def write(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> Sequence[int]:
        lines: list[PastLine] = [entry.value for entry in entries]
        activities = {line.session: 0 for line in lines}
        for session in activities:
            activities[session] = _activity(tx, scope, session)
        ids: list[int] = [tx.scalar(_ADD_LINE, **_row(tx, activities[line.session], line)) for line in lines]
        _count_service(tx, scope, lines)
        audit.note_each(tx, scope.by, [f"activity:{activity_id}" for activity_id in activities.values()])
        return ids


def _entry(tx: Transaction, scope: Scope, row: ReadRow, member: int | Fault) -> Entry | Refused:
    values = row.values
    branch, span = scope.branch_of(values.get("branch")), span_of(values, tx.zone)
    lacking = [Fault(name, NEEDED) for name in ("role", "title") if name not in values]
    if isinstance(member, Fault) or isinstance(branch, Fault) or isinstance(span, Fault) or lacking:
        return Refused(row, [each for each in (member, branch, span, *lacking) if isinstance(each, Fault)])
    session = PastSession(branch, values["role"], values["title"], span)
    starts = values.get("started_at")
    line = PastLine(
        session, member, values.get("minutes", span.minutes), values.get("is_lead", False), values["service_on"],
        has_times=starts is not None,
    )  # fmt: skip
    fault = _fault(tx, scope, row, line)
    # Not by its minutes: a row that says others is the same service, said differently.
    key = f"{member}|{values['service_on']}|{session.title.casefold()}|{starts or ''}"
    return Refused(row, [fault]) if fault else Entry(row, key, line)


def _fault(tx: Transaction, scope: Scope, row: ReadRow, line: PastLine) -> Fault | None:
    if line.member_id in scope.own_ids:
        return Fault(None, OwnActivity.sentence)
    return _time_fault(tx, scope, row, line)


def _time_fault(tx: Transaction, scope: Scope, row: ReadRow, line: PastLine) -> Fault | None:
    if line.minutes < 1:
        return Fault("minutes", NO_MINUTES)
    if line.session.span.minutes > LONGEST_MINUTES:
        return Fault("minutes", TOO_LONG, {"most": LONGEST_MINUTES})
    if line.minutes > line.session.span.minutes:
        return Fault("minutes", MORE_THAN_ACTIVITY)
    service_on = row.values["service_on"]
    rules = rules_in_force(tx, branch_path=scope.branch.path, on=service_on).rule_set
    if (tx.today - service_on).days <= rules.late_entry_with_evidence_days:
        return Fault("service_on", TOO_RECENT)
    return None


def _activity(tx: Transaction, scope: Scope, session: PastSession) -> int:
    """The activity of that session, written down when its first row comes; its id."""
    found: int | None = tx.scalar(_FIND, fingerprint=session.fingerprint)
    if found is not None:
        return found
    service_on = day_of(session.span.started_at, tx.zone)
    proposed_by_id = int(scope.sent_by.rpartition(":")[2])
    added: int = tx.scalar(
        _ADD, branch_id=session.branch_id, role=session.role, title=session.title, theme=None, place=None,
        evidence=None, started_at=session.span.started_at, ended_at=session.span.ended_at, service_on=service_on,
        state=ActivityState.SETTLED, is_late=True,
        rule_set_id=rules_in_force(tx, branch_path=scope.branch.path, on=service_on).id,
        fingerprint=session.fingerprint, recorded_by_id=proposed_by_id, recorded_at=tx.now,
        decided_by_id=scope.by.staff_id, decided_at=tx.now, settles_at=tx.now,
    )  # fmt: skip
    return added


def _row(tx: Transaction, activity_id: int, line: PastLine) -> dict[str, Any]:
    session = line.session
    arithmetic = Arithmetic((Step(StepCode.CARRIED_OVER, 0, {"minutes": line.minutes}),))
    return {
        "activity_id": activity_id,
        "member_id": line.member_id,
        "state": ParticipationState.SETTLED,
        "role": session.role,
        "service_on": day_of(session.span.started_at, tx.zone),
        "started_at": session.span.started_at,
        "ended_at": session.span.started_at + timedelta(minutes=line.minutes),
        "minutes": line.minutes,
        "points": 0,
        "rule_points": 0,
        "is_lead": line.is_lead,
        "arithmetic": arithmetic.to_json(),
        "overlap_minutes": 0,
        "settled_at": tx.now,
    }


def _count_service(tx: Transaction, scope: Scope, lines: Sequence[PastLine]) -> None:
    """Add minutes and activities to the members' lifetime totals."""
    minutes, activities = Counter[int](), Counter[int]()
    for line in lines:
        minutes[line.member_id] += line.minutes
        activities[line.member_id] += 1
    earned = [
        Award(
            member_id=member_id, branch_id=scope.branch.id, points=0, minutes=minutes[member_id],
            occurred_on=tx.today, lapses_on=tx.today, reference=f"past:{member_id}", activities=activities[member_id],
        )
        for member_id in sorted(minutes)
    ]  # fmt: skip
    award(tx, earned, grace_days=0)
