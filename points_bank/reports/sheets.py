"""A report as sheets of a file. Who signed stands beside the report, not in its file, which stays the same for ever."""

from collections.abc import Iterator, Sequence

from points_bank.activities.themes import THEMES
from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.reports.definitions import Figure
from points_bank.reports.models import Cut
from points_bank.reports.reading import BranchFigures, LateBranch, Report, ReportState
from points_bank.spreadsheets import Cell, Sheet

HEADINGS = {
    Figure.OPENING: message("Opening"),
    Figure.BROUGHT_IN: message("Brought in"),
    Figure.ISSUED: message("Issued"),
    Figure.REVERSED: message("Reversed"),
    Figure.REDEEMED: message("Redeemed"),
    Figure.REFUNDED: message("Refunded"),
    Figure.LAPSED: message("Lapsed"),
    Figure.REINSTATED: message("Reinstated"),
    Figure.DONATED: message("Donated"),
    Figure.GRANTED: message("Granted from the help pool"),
    Figure.MOVED: message("Moved in or out"),
    Figure.CLOSING: message("Closing"),
    Figure.LAPSING: message("Lapsing within 60 days"),
    Figure.WAITING: message("Entries not approved"),
    Figure.CORRECTED_MINUTES: message("Minutes corrected of earlier months"),
}
CUTS = {
    Cut.ALL: message("All service"),
    Cut.ROLE: message("By role"),
    Cut.THEME: message("By theme"),
    Cut.MANAGEMENT_MODE: message("By management mode"),
}
VALUES = {
    "publicity": message("publicity"),
    "mediation": message("mediation"),
    "service": message("service"),
    **THEMES,
    "unit_run": message("unit-run"),
    "self_run": message("self-run"),
    "company_run": message("company-run"),
    "community_run": message("community-run"),
}
REPORT, SERVICE = message("Report {period}"), message("Service {period}")
CODE, BRANCH, NOTE = message("Code"), message("Branch"), message("Note")
CUT, VALUE = message("Counted"), message("Of which")
TALLY_HEADINGS = (message("Activities"), message("Person-times"), message("People"), message("Minutes of service"))
IN_ALL, ITSELF = message("In all"), message("{name} itself")
LATE = message("{entries} entries not approved, carried to the next month")
A_CUT = message("A cut of the running books, not a close")
HASH = message("Content {content_hash}, ledger position {ledger_position}")


def sheets_of(report: Report, language: Language) -> list[Sheet]:
    """The points of all branches, the one reported first, then the service."""
    headings = [translate(text, language) for text in (CODE, BRANCH, *HEADINGS.values(), NOTE)]
    tallies = [translate(text, language) for text in (CUT, VALUE, *TALLY_HEADINGS)]
    return [
        Sheet(translate(REPORT, language, period=report.period), headings, list(_points(report, language))),
        Sheet(translate(SERVICE, language, period=report.period), tallies, list(_service(report, language))),
    ]


def late_note(late: LateBranch, language: Language) -> str:
    """`3 笔未审, 转下月`."""
    return translate(LATE, language, entries=late.entries)


def value_name(value: str, language: Language) -> str:
    """A role, theme or management mode for people; a theme that the bank does not know stays as it was entered."""
    return translate(VALUES[value], language) if value in VALUES else value or "-"


def _points(report: Report, language: Language) -> Iterator[Sequence[Cell]]:
    yield _row(report.total, translate(IN_ALL, language), _waiting(report.total, language))
    for each in report.branches:
        name = translate(ITSELF, language, name=each.name) if each.is_own else each.name
        yield _row(each, name, _waiting(each, language))
    below = {each.branch_id for each in report.branches} | {report.total.branch_id}
    for late in report.late:
        if late.branch_id not in below:
            yield (late.code, late.name, *(None for _ in HEADINGS), late_note(late, language))
    if report.state is ReportState.CUT:
        yield (None, translate(A_CUT, language))
    content = {"content_hash": report.content_hash, "ledger_position": report.ledger_position}
    yield (None, translate(HASH, language, **content))


def _row(row: BranchFigures, name: str, note: str | None) -> Sequence[Cell]:
    return (row.code, name, *(row.figures[figure] for figure in HEADINGS), note)


def _waiting(row: BranchFigures, language: Language) -> str | None:
    entries = row.figures[Figure.WAITING]
    return translate(LATE, language, entries=entries) if entries else None


def _service(report: Report, language: Language) -> Iterator[Sequence[Cell]]:
    for each in report.tallies:
        name = "" if each.cut is Cut.ALL else value_name(each.value, language)
        yield (
            translate(CUTS[each.cut], language), name, each.activities, each.participations, each.people, each.minutes
        )  # fmt: skip
