"""A sign-in sheet as a file: it makes one activity, through the acts of the logbook."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from points_bank.activities.logbook import log_activity, preview_activity
from points_bank.activities.sheet import MOST_LINES, Sheet, SheetLine
from points_bank.activities.themes import THEMES, theme_name, theme_of
from points_bank.actor import Task
from points_bank.errors import Invalid, message
from points_bank.i18n import Language
from points_bank.imports.cells import Unreadable, date_of, line_of, text_of
from points_bank.imports.finding import find_members
from points_bank.imports.headings import Column, Fault, ReadRow
from points_bank.imports.history import NEEDS_STAFF
from points_bank.imports.rows import Entry, Refused, RowKind
from points_bank.imports.scope import Scope
from points_bank.imports.session import SESSION, Span, span_of
from points_bank.rules.points import CaseOutcome
from points_bank.transaction import Transaction

NOT_AN_OUTCOME = message("Write settled, unsettled or referred.")
CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}", re.ASCII)
"""A theme of a district's own, as the logbook takes it."""

LACKS = message("The first row has to say: {headings}.")
NOT_A_THEME = message("Not a theme that the bank knows: {known}.")
OTHER_ACTIVITY = message("A sheet is one activity: this says something else than the first row.")

_OUTCOMES = {
    **{outcome.value: outcome for outcome in CaseOutcome},
    "成功": CaseOutcome.SETTLED,
    "已结": CaseOutcome.SETTLED,
    "未成": CaseOutcome.UNSETTLED,
    "转交": CaseOutcome.REFERRED,
}


def theme_in(cell: object) -> str:
    """A theme by its code or its name in either language: the books keep the code, and count by it."""
    words = text_of(cell)
    theme = theme_of(words) or (words if CODE.fullmatch(words) else None)
    if theme is None:
        raise Unreadable(NOT_A_THEME, known="、".join(theme_name(each, Language.CHINESE) for each in THEMES))
    return theme


def outcome_of(cell: object) -> CaseOutcome:
    outcome = _OUTCOMES.get(text_of(cell).lower())
    if outcome is None:
        raise Unreadable(NOT_AN_OUTCOME)
    return outcome


class _Line(msgspec.Struct, frozen=True):
    """A person on a sheet, with what the first row says of the sheet."""

    member_id: int
    line: SheetLine
    head: Mapping[str, Any]


OF_THE_SHEET = ("branch", "role", "title", "service_on", "started_at", "ended_at", "theme", "place", "evidence")
"""What the first row must say, and the others may repeat."""


class SheetRows(RowKind):
    """The rows are people; what they did stands in the first row, and in the others again or not at all."""

    task = Task.LOG
    rows_of_a_part = MOST_LINES
    most_rows = MOST_LINES
    columns: Sequence[Column] = (
        *SESSION,
        Column("theme", ("主题", "五有", "theme"), theme_in),
        Column("place", ("地点", "place"), line_of(100)),
        Column("evidence", ("凭证", "佐证", "evidence"), line_of(500)),
        Column("case_reference", ("案件编号", "调解编号", "case reference"), line_of(40)),
        Column("outcome", ("调解结果", "结果", "outcome"), outcome_of),
        Column("followed_up_on", ("回访日期", "followed up on"), date_of),
    )

    def entries(self, tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> list[Entry | Refused]:
        if scope.by.staff_id is None:
            raise Invalid({"login": NEEDS_STAFF})
        if not rows:
            return []
        head, scope.takes_visitors = rows[0].values, True
        scope.find_branches(tx, {head["branch"]} if "branch" in head else ())
        fault = _head_fault(scope, head, tx.zone)
        members = find_members(tx, scope, rows)
        return [_entry(head, row, fault or member, tx.zone) for row, member in zip(rows, members, strict=True)]

    def check(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> None:
        """Refuses what the logbook would refuse of the sheet, by row."""
        if entries:
            with _told_by_row(entries):
                preview_activity(tx, _sheet(tx, scope, entries), by=scope.by)

    def write(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> Sequence[int]:
        if not entries:
            return []
        with _told_by_row(entries):
            logged = log_activity(tx, _sheet(tx, scope, entries), by=scope.by)
        ids = {line.member_id: line.id for line in logged.lines if line.id is not None}
        return [ids[entry.value.member_id] for entry in entries]


def _head_fault(scope: Scope, head: Mapping[str, Any], zone: ZoneInfo) -> Fault | None:
    """What the first row lacks of the sheet."""
    needed = ("title", "service_on", "role", "started_at", "ended_at")
    if lacking := [column.headings[0] for column in SESSION if column.name in needed and column.name not in head]:
        return Fault(None, LACKS, {"headings": "、".join(lacking)})
    for found in (scope.branch_of(head.get("branch")), span_of(head, zone)):
        if isinstance(found, Fault):
            return found
    return None


def _entry(head: Mapping[str, Any], row: ReadRow, member: int | Fault, zone: ZoneInfo) -> Entry | Refused:
    if isinstance(member, Fault):
        return Refused(row, [member])
    values = row.values
    others = [name for name in OF_THE_SHEET if name in values and values[name] != head.get(name)]
    if others:
        return Refused(row, [Fault(name, OTHER_ACTIVITY) for name in others])
    # Who shows a card is entered by it, as the logbook takes visitors.
    card_no = values.get("card_no")
    line = SheetLine(
        member_id=0 if card_no else member, card_no=card_no, minutes=values.get("minutes"),
        is_lead=values.get("is_lead", False), case_reference=values.get("case_reference"),
        case_outcome=values.get("outcome"), followed_up_on=values.get("followed_up_on"),
    )  # fmt: skip
    span = span_of(head, zone)
    assert isinstance(span, Span), "the first row has its times"
    key = "|".join(str(head.get(name)) for name in ("branch", "role", "title"))
    return Entry(row, f"{key}|{span.started_at}|{span.ended_at}|{member}", _Line(member, line, head))


def _sheet(tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> Sheet:
    head = entries[0].value.head
    span, branch = span_of(head, tx.zone), scope.branch_of(head.get("branch"))
    assert isinstance(span, Span), "the first row has its times"
    assert isinstance(branch, int), "the first row's branch was found"
    return Sheet(
        branch_id=branch, role=head["role"], title=head["title"], started_at=span.started_at, ended_at=span.ended_at,
        lines=[entry.value.line for entry in entries], theme=head.get("theme"), place=head.get("place"),
        evidence=head.get("evidence"),
    )  # fmt: skip


@contextmanager
def _told_by_row(entries: Sequence[Entry]) -> Iterator[None]:
    """What the logbook says of a line is told of the file's row."""
    try:
        yield
    except Invalid as refusal:
        problems = {}
        for path, sentence in refusal.fields.items():
            place = re.fullmatch(r"participations\[(\d+)\]\.(.*)", path)
            problems[f"row {entries[int(place[1])].row.number}: {place[2]}" if place else path] = sentence
        raise Invalid(problems, **refusal.values) from None
