"""A branch's report: its figures, those of the branches right below it, who is late, the service, and who signed."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch, BranchKind
from points_bank.branches.tree import BranchLine, below, branch_seen, list_branches
from points_bank.clock import Period, PeriodKind, parse_month, parse_period
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, message
from points_bank.reports.closing import NOT_A_MONTH, CloseLine, NotClosed, find_close, span_of_close
from points_bank.reports.definitions import Figure
from points_bank.reports.figures import Figures, figures_of
from points_bank.reports.models import Cut, ReportFigure, ReportSignature, ReportTally
from points_bank.reports.span import Span, cut_span
from points_bank.reports.tallies import Tally, tallies_of
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

BRANCH, FIGURE, TALLY = table_of(Branch), table_of(ReportFigure), table_of(ReportTally)
SIGNATURE, STAFF = table_of(ReportSignature), table_of(Staff)

MOST_BRANCHES = 1_000_000

NOT_A_PERIOD = message("A month such as 2026-11 or a week such as 2026-W46 is needed.")


class ReportState(StrEnum):
    """A month that was closed, or a cut through the running books, which can still change."""

    CLOSED = "closed"
    CUT = "cut"


class BranchFigures(msgspec.Struct, frozen=True):
    """What a branch and all below it come to; `is_own` where it is the branch alone, without those below it."""

    branch_id: int
    code: str
    name: str
    kind: BranchKind
    figures: dict[Figure, int]
    is_own: bool = False


class LateBranch(msgspec.Struct, frozen=True):
    """A branch whose sheets were not approved in time: so many entries are carried to the next month."""

    branch_id: int
    code: str
    name: str
    entries: int


class Signed(msgspec.Struct, frozen=True):
    branch_id: int
    signed_by_name: str
    signed_at: datetime
    content_hash: str


class Report(msgspec.Struct, frozen=True):
    """A branch's report of a period. `branches` add up to `total`; people of `tallies` are counted once in each."""

    period: str
    state: ReportState
    ledger_position: int
    content_hash: str
    total: BranchFigures
    branches: list[BranchFigures]
    late: list[LateBranch]
    tallies: list[Tally]
    signatures: list[Signed]


_BELOW = (
    sa.select(BRANCH.c.id, BRANCH.c.code, BRANCH.c.name, BRANCH.c.kind, BRANCH.c.path, BRANCH.c.parent_id)
    .where(below(BRANCH.c.path), BRANCH.c.created_at <= sa.bindparam("known_at"))
    .order_by(BRANCH.c.code)
)
_FIGURES = (
    sa.select(FIGURE.c.branch_id, FIGURE.c.figure, FIGURE.c.value)
    .join_from(FIGURE, BRANCH, BRANCH.c.id == FIGURE.c.branch_id)
    .where(*given(FIGURE, "close_id"), below(BRANCH.c.path))
)
_TALLIES = (
    sa.select(*(TALLY.c[name] for name in Tally.__struct_fields__))
    .where(*given(TALLY, "close_id", "branch_id"))
    .order_by(TALLY.c.value)
)
_SIGNATURES = (
    sa.select(SIGNATURE.c.branch_id, STAFF.c.name, SIGNATURE.c.signed_at, SIGNATURE.c.content_hash)
    .join_from(SIGNATURE, STAFF, STAFF.c.id == SIGNATURE.c.signed_by_id)
    .join(BRANCH, BRANCH.c.id == SIGNATURE.c.branch_id)
    .where(*given(SIGNATURE, "close_id"), below(BRANCH.c.path))
    .order_by(SIGNATURE.c.id)
)


def read_report(tx: Transaction, period: str, *, branch_id: int, by: Actor) -> Report:
    """The report of a closed month, or a cut of a week, for a branch with all below it.

    Refuses `invalid` what is no month or week, and `not_found` a month that is not closed.
    """
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_REPORTS, branch.path)
    return next(_reports(tx, period, [branch]))


def read_reports(tx: Transaction, period: str, *, branch_id: int, by: Actor) -> list[Report]:
    """The reports of a branch and of every branch below it."""
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_REPORTS, branch.path)
    return list(_reports(tx, period, list_branches(tx, under=branch.id, limit=MOST_BRANCHES, by=by)))


def _reports(tx: Transaction, period: str, branches: Sequence[BranchLine]) -> Iterator[Report]:
    parsed = parse_period(period)
    if parsed is None or parsed.kind not in (PeriodKind.MONTH, PeriodKind.WEEK):
        raise Invalid({"period": NOT_A_PERIOD})
    if parsed.kind is PeriodKind.MONTH:
        close = find_close(tx, period)
        if close is None:
            raise NotClosed(month=period)
        yield from (closed_report(tx, close, branch) for branch in branches)
        return
    span = cut_span(tx, parsed)
    figures = figures_of(tx, span)
    only_id = branches[0].id if len(branches) == 1 else None
    kinds = {branch.kind for branch in branches}
    tallies = [each for cut in Cut for kind in kinds for each in tallies_of(tx, span, cut, kind, branch_id=only_id)]
    for branch in branches:
        own = [tally for tally in tallies if tally.branch_id == branch.id]
        yield _report(tx, ReportState.CUT, branch, span, figures, own, known_at=tx.now)


def read_month(tx: Transaction, month: str, *, branch_id: int, by: Actor) -> Report:
    """The report of a month, as it was closed or, while it is not, as the books are now. Refuses `invalid` no month."""
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_REPORTS, branch.path)
    parsed = parse_month(month)
    if parsed is None:
        raise Invalid({"month": NOT_A_MONTH})
    close = find_close(tx, month)
    return _cut(tx, parsed, branch) if close is None else closed_report(tx, close, branch)


def _cut(tx: Transaction, period: Period, branch: BranchLine) -> Report:
    span = cut_span(tx, period)
    tallies = [each for cut in Cut for each in tallies_of(tx, span, cut, branch.kind, branch_id=branch.id)]
    return _report(tx, ReportState.CUT, branch, span, figures_of(tx, span), tallies, known_at=tx.now)


def closed_report(tx: Transaction, close: CloseLine, branch: BranchLine) -> Report:
    """What a month was closed with, for a branch with all below it, and who has signed it since."""
    figures: Figures = {}
    for row in tx.all(_FIGURES, close_id=close.id, path=branch.path):
        figures.setdefault(row.branch_id, {})[row.figure] = row.value
    found = [Tally(*tuple(row)) for row in tx.all(_TALLIES, close_id=close.id, branch_id=branch.id)]
    tallies = sorted(found, key=lambda each: list(Cut).index(each.cut))
    span = span_of_close(tx, close)
    report = _report(tx, ReportState.CLOSED, branch, span, figures, tallies, known_at=close.closed_at)
    signed = [Signed(*tuple(row)) for row in tx.all(_SIGNATURES, close_id=close.id, path=branch.path)]
    return replace(report, signatures=signed)


def _report(
    tx: Transaction,
    state: ReportState,
    branch: BranchLine,
    span: Span,
    figures: Figures,
    tallies: Sequence[Tally],
    *,
    known_at: datetime,
) -> Report:
    """Of the branches that there were at `known_at`, so that one made later does not change what was reported."""
    places = tx.all(_BELOW, path=branch.path, known_at=known_at)
    total = _sum(branch, [figures.get(place.id, {}) for place in places])
    report = Report(
        period=span.period.name,
        state=state,
        ledger_position=span.position,
        content_hash="",
        total=total,
        branches=_rows(branch, places, figures, span),
        late=[
            LateBranch(place.id, place.code, place.name, entries)
            for place in places
            if (entries := figures.get(place.id, {}).get(Figure.WAITING, 0))
        ],
        tallies=list(tallies),
        signatures=[],
    )
    return replace(report, content_hash=content_hash(report))


def content_hash(report: Report) -> str:
    """SHA-256, as hex, of what a report says, as canonical JSON: sorted names, no spaces, UTF-8; no names in it."""
    content = {
        "period": report.period,
        "branch_id": report.total.branch_id,
        "ledger_position": report.ledger_position,
        "total": report.total.figures,
        "branches": [[each.branch_id, each.is_own, each.figures] for each in report.branches],
        "late": [[each.branch_id, each.entries] for each in report.late],
        "tallies": report.tallies,
    }
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def _rows(branch: BranchLine, places: Sequence[Any], figures: Figures, span: Span) -> list[BranchFigures]:
    """The branches right below with all below them, and what is the branch's own, where there is any."""
    rows = [
        _sum(child, [figures.get(place.id, {}) for place in places if place.path.startswith(child.path)])
        for child in places
        if child.parent_id == branch.id
    ]
    own = figures.get(branch.id)
    return ([replace(_sum(branch, [own]), is_own=True)] if own and rows else []) + rows


def _sum(branch: Any, figures: Iterable[dict[Figure, int]]) -> BranchFigures:
    total: Counter[Figure] = Counter()
    for each in figures:
        total.update(each)
    in_order = {figure: total[figure] for figure in Figure}
    return BranchFigures(branch.id, branch.code, branch.name, branch.kind, in_order)
