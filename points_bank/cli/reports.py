"""`points-bank reports`: closing a month, and what a branch reports of it."""

from pathlib import Path

import msgspec
import rich_click as click

from points_bank.actor import SYSTEM
from points_bank.branches.tree import BranchLine, district, find_branch_by_code
from points_bank.cli.terminal import as_json, in_bank, print_json, sentence, spoken
from points_bank.database import Database
from points_bank.errors import Invalid, NotFound, message
from points_bank.reports.closing import check_month
from points_bank.reports.reading import Report, read_report, read_reports
from points_bank.reports.sheets import sheets_of
from points_bank.scheduler import run_due
from points_bank.spreadsheets import FileFormat, Sheet, file_of
from points_bank.transaction import Transaction

NO_SUCH_BRANCH = message("There is no branch with this code.")
MONTH_OR_WEEK = message("Give either a month or --week.")


@click.group()
def reports() -> None:
    """What goes upward: the month's close, branch by branch, and cuts of a week."""


@reports.command("close")
@click.argument("month", required=False)
@click.option("--week", help="A cut of a week such as 2026-W46 instead, by the same definitions.")
@click.option("--branch", help="A branch's code; the district by default.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the files of the branch and of all below it, as csv and xlsx.",
)
@as_json
def close(month: str | None, week: str | None, branch: str | None, output: Path | None, is_json: bool) -> None:
    """Close MONTH (2026-11) if it is not closed yet, and show its report. Again, it shows the same."""
    period = month or week
    if period is None or (month and week):
        raise click.UsageError(sentence(MONTH_OR_WEEK))

    async def work(bank: Database) -> list[Report]:
        if month is not None:
            await bank.read(check_month, month)
            await run_due(bank)
        return await bank.read(_reports, period, code=branch, all_below=output is not None)

    found = in_bank(work)
    if output is not None:
        for report in found:
            _write(report, output)
    if is_json:
        print_json(msgspec.to_builtins(found[0]))
    else:
        _show(found[0])


def _reports(tx: Transaction, period: str, *, code: str | None, all_below: bool) -> list[Report]:
    """The report of a branch, and those of the branches below it where they are asked for."""
    branch = _branch(tx, code)
    if all_below:
        return read_reports(tx, period, branch_id=branch.id, by=SYSTEM)
    return [read_report(tx, period, branch_id=branch.id, by=SYSTEM)]


def _branch(tx: Transaction, code: str | None) -> BranchLine:
    found = district(tx) if code is None else find_branch_by_code(tx, code)
    if found is None:
        raise NotFound if code is None else Invalid({"branch": NO_SUCH_BRANCH})
    return found


def _write(report: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind in FileFormat:
        path = folder / f"report-{report.period}-{report.total.code}.{kind}"
        path.write_bytes(file_of(sheets_of(report, spoken()), kind))


def _show(report: Report) -> None:
    """Figures that are not 0, the branch first, then those below it; then the service."""
    points, service = sheets_of(report, spoken())
    for line in _lines(points):
        click.echo(line)
    click.echo()
    for line in _lines(service):
        click.echo(line)


def _lines(sheet: Sheet) -> list[str]:
    return [
        " | ".join(f"{name} {cell}" if place > 1 else str(cell) for place, (name, cell) in enumerate(cells) if cell)
        for cells in (list(zip(sheet.headings, row, strict=False)) for row in sheet.rows)
    ]
