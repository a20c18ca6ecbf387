"""An edition as a file for spreadsheets."""

from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.leaderboards.models import Measure
from points_bank.leaderboards.reading import ShownEdition
from points_bank.spreadsheets import Sheet

RANK, NAME = message("Rank"), message("Name")
MEASURES = {
    Measure.POINTS: message("Points"),
    Measure.MINUTES: message("Minutes of service"),
    Measure.SESSIONS: message("Sessions"),
}


def sheet_of(shown: ShownEdition, language: Language) -> Sheet:
    """The standings as a table."""
    headings = [translate(title, language) for title in (RANK, NAME, MEASURES[shown.measure])]
    rows = [(line.rank, line.display_name, line.value) for line in shown.standings]
    return Sheet(shown.edition.period, headings, rows)
