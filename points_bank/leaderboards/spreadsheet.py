"""An edition as a file for spreadsheets."""

from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.leaderboards.models import Measure
from points_bank.leaderboards.reading import ShownEdition
from points_bank.spreadsheets import FileFormat, Sheet

RANK, NAME = message("Rank"), message("Name")
SEALED_UP_TO, SEAL = message("Books sealed up to"), message("Seal")
MEASURES = {
    Measure.POINTS: message("Points"),
    Measure.MINUTES: message("Minutes of service"),
    Measure.SESSIONS: message("Sessions"),
}


def sheets_of(shown: ShownEdition, language: Language, kind: FileFormat) -> list[Sheet]:
    """The standings as a table; in a workbook a second one tells the seal. A csv is one table."""
    headings = [translate(title, language) for title in (RANK, NAME, MEASURES[shown.measure])]
    rows = [(line.rank, line.display_name, line.value) for line in shown.standings]
    sheets = [Sheet(shown.edition.period, headings, rows)]
    if shown.seal is not None and kind is FileFormat.XLSX:
        titles = [translate(title, language) for title in (SEALED_UP_TO, SEAL)]
        sheets.append(Sheet(translate(SEAL, language), titles, [(shown.seal.day, shown.seal.head)]))
    return sheets
