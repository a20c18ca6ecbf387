"""The branch's month at a glance: service and points, with bars that print."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get
from litestar.params import FromQuery, QueryParameter

from points_bank.actor import Actor, Task
from points_bank.branches.tree import BranchLine, list_branches
from points_bank.clock import latest_months
from points_bank.downloads import asked_format, download
from points_bank.errors import NotFound
from points_bank.reports.definitions import SIGNS, Figure
from points_bank.reports.models import Cut
from points_bank.reports.reading import Report, ReportState, read_month
from points_bank.reports.sheets import HEADINGS, sheets_of, value_name
from points_bank.reports.tallies import Tally
from points_bank.site.rendering import Page, show
from points_bank.site.visits import spoken
from points_bank.transaction import Transaction
from points_bank.web import LARGEST_ID, Asking, QueryId, database_of, staff

MOST_BRANCHES = 500
MONTHS = 13
BranchId = Annotated[int, QueryParameter(gt=0, le=LARGEST_ID)]
ALWAYS_TOLD = {Figure.ISSUED, Figure.REDEEMED, Figure.LAPSED}
WIDEST = 240
"""How long the longest bar is, in the drawing's own units."""


class Bar(msgspec.Struct, frozen=True):
    """A bar of a chart: what it counts, in words, and how long it is drawn."""

    label: str
    minutes: int
    participations: int
    length: int


class MonthPage(Page, frozen=True, kw_only=True):
    """A branch's month. `tally` counts all service. `flows` lead from what was owed at the beginning to what is owed
    at the end, each signed; those of seldom kinds are left out where they are 0."""

    template: ClassVar[str] = "staff/month.html"
    branches: Sequence[BranchLine]
    months: Sequence[str]
    report: Report
    tally: Tally | None
    opening_points: int
    flows: Sequence[tuple[str, int]]
    closing_points: int
    lapsing_points: int
    waiting_entries: int
    by_role: Sequence[Bar]
    by_theme: Sequence[Bar]

    @property
    def is_cut(self) -> bool:
        return self.report.state is ReportState.CUT


@get("/staff/month")
async def get_month(
    request: Asking, branch_id: FromQuery[QueryId] = None, month: FromQuery[str | None] = None
) -> Response[str]:
    """A branch's month at a glance; by default the running one."""

    def seen(tx: Transaction, *, by: Actor) -> MonthPage:
        return _month(tx, branch_id, month, request, by)

    return show(request, await database_of(request).read(seen, by=staff(request)))


@get(["/staff/month.xlsx", "/staff/month.csv"])
async def get_month_file(request: Asking, branch_id: BranchId, month: FromQuery[str]) -> Response[bytes]:
    """The month as a file."""
    _, kind = asked_format(request.url.path)
    if kind is None:
        raise NotFound
    report = await database_of(request).read(read_month, month, branch_id=branch_id, by=staff(request))
    name = f"report-{report.period}-{report.total.code}"
    return await download(request, name, kind, sheets_of(report, spoken(request)))


def _month(tx: Transaction, branch_id: int | None, month: str | None, request: Asking, by: Actor) -> MonthPage:
    paths = by.paths(Task.READ_REPORTS)
    seen = list_branches(tx, under=None, limit=MOST_BRANCHES, by=by)
    branches = [each for each in seen if each.path.startswith(paths)]
    months = latest_months(tx.today, MONTHS)
    report = read_month(tx, month or months[0], branch_id=branch_id or branches[0].id, by=by)
    return MonthPage(
        branches=branches,
        months=months,
        report=report,
        tally=next((each for each in report.tallies if each.cut is Cut.ALL), None),
        opening_points=report.total.figures[Figure.OPENING],
        flows=_flows(report.total.figures),
        closing_points=report.total.figures[Figure.CLOSING],
        lapsing_points=report.total.figures[Figure.LAPSING],
        waiting_entries=report.total.figures[Figure.WAITING],
        by_role=_bars(request, report, Cut.ROLE),
        by_theme=_bars(request, report, Cut.THEME),
    )


def _flows(figures: Mapping[Figure, int]) -> list[tuple[str, int]]:
    signs = {figure: sign for figure, sign in SIGNS.items() if figure is not Figure.OPENING} | {Figure.MOVED: 1}
    return [
        (HEADINGS[figure], signs[figure] * figures[figure])
        for figure in HEADINGS
        if figure in signs and (figure in ALWAYS_TOLD or figures[figure])
    ]


def _bars(request: Asking, report: Report, cut: Cut) -> list[Bar]:
    tallies = [each for each in report.tallies if each.cut is cut and each.participations]
    most = max((each.minutes for each in tallies), default=0) or 1
    return [
        Bar(
            value_name(each.value, spoken(request)), each.minutes, each.participations,
            max(2, WIDEST * each.minutes // most),
        )
        for each in sorted(tallies, key=lambda each: -each.minutes)
    ]  # fmt: skip


PAGES: list[Any] = [get_month, get_month_file]
