"""An edition as a file for spreadsheets."""

import csv
import io

from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.leaderboards.models import Measure
from points_bank.leaderboards.reading import ShownEdition

RANK, NAME = message("Rank"), message("Name")
MEASURES = {
    Measure.POINTS: message("Points"),
    Measure.MINUTES: message("Minutes of service"),
    Measure.SESSIONS: message("Sessions"),
}
_TAKEN_FOR_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_of(shown: ShownEdition, language: Language) -> bytes:
    """The standings as CSV in UTF-8, with the byte order mark that Excel needs to read Chinese."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow([translate(title, language) for title in (RANK, NAME, MEASURES[shown.measure])])
    lines.writerows([line.rank, defused(line.display_name), line.value] for line in shown.standings)
    return text.getvalue().encode("utf-8-sig")


def defused(cell: str) -> str:
    """Text that a spreadsheet will show and not reckon out: a name may start like a formula."""
    return f"'{cell}" if cell.startswith(_TAKEN_FOR_FORMULAS) else cell
