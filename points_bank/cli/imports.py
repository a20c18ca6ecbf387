"""`points-bank import`: a file of members, households, past activities, opening balances, or a sign-in sheet; or, with
`--all`, a whole bank."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from points_bank.actor import SYSTEM, Actor
from points_bank.branches.tree import district, find_branch_by_code
from points_bank.cli.moving import move_house
from points_bank.cli.terminal import as_json, in_bank, print_json, say, sentence, spoken
from points_bank.database import Database
from points_bank.errors import Invalid, message
from points_bank.imports.api import Outcome, OutcomeShape, Telling, carry_out, outcome_shape, try_out
from points_bank.imports.content import TOO_LARGE
from points_bank.imports.incoming import Sending
from points_bank.imports.models import Choice, FileKind
from points_bank.imports.report import sheet_of
from points_bank.imports.table import refuse
from points_bank.settings import Settings
from points_bank.spreadsheets import FileFormat, file_of
from points_bank.staff.people import NO_SUCH_BRANCH
from points_bank.staff.tokens import staff_by_login
from points_bank.transaction import Transaction

NOT_A_REPORT = message("The report's name ends in .csv or .xlsx.")


@click.command("import")
@click.argument("kind", required=False, type=click.Choice([kind.value for kind in FileKind]))
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--all",
    "house",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Instead of all that, move in a whole bank that export --all --with-secrets wrote.",
)
@click.option("--branch", metavar="CODE", help="For which branch; the district by default.")
@click.option("--login", help="Who of the staff sends it; the bank itself by default, which holds no sheets.")
@click.option("--dry-run", is_flag=True, help="Check every row and write nothing.")
@click.option(
    "--all-or-nothing/--good-rows",
    "is_whole",
    help="Take nothing of a file with a bad row, or (by default) the good rows.",
)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the refused rows.")
@as_json
@click.pass_context
def import_file(
    context: click.Context,
    kind: str | None,
    file: Path | None,
    house: Path | None,
    branch: str | None,
    login: str | None,
    dry_run: bool,
    is_whole: bool,
    report: Path | None,
    is_json: bool,
) -> None:
    """Import a FILE (.xlsx or .csv). Cut off, it goes on where it was when called again; done, it stays done.

    Ends with 1 if a row was refused. Columns and what is accepted: docs/importing.md.

    With --all, a whole bank moves into an empty database, and goes on where it was as well: docs/moving-house.md.
    """
    if house is not None:
        if kind is not None or branch or login or dry_run or is_whole or report:
            raise click.UsageError(sentence(message("With --all, nothing else is given but the file and --json.")))
        move_house(house, is_json=is_json)
        return
    if kind is None or file is None:
        raise click.UsageError(sentence(message("A KIND and a FILE are needed, or --all with a file.")))
    if report is not None and report.suffix.lstrip(".") not in set(FileFormat):
        raise Invalid({"report": NOT_A_REPORT})
    settings = Settings()
    content = _read(file, settings)
    choice = Choice.ALL_OR_NOTHING if is_whole else Choice.GOOD_ROWS

    async def work(bank: Database) -> tuple[Outcome, Sending]:
        branch_id, by = await bank.read(_for_whom, branch_code=branch, login=login)
        sending = Sending(kind=FileKind(kind), branch_id=branch_id, name=file.name[:200], choice=choice)
        with _progress(is_shown=sys.stderr.isatty() and not is_json) as tell:
            if dry_run:
                return await try_out(bank, content, sending, by=by, tell=tell), sending
            return await carry_out(bank, content, sending, by=by, tell=tell), sending

    outcome, sending = in_bank(work, settings=settings)
    if report is not None:
        report.write_bytes(file_of([sheet_of(outcome.report, spoken())], FileFormat(report.suffix.lstrip("."))))
    shown = outcome_shape(outcome, sending, spoken())
    if is_json:
        print_json(msgspec.to_builtins(shown))
    else:
        _say(shown, report)
    context.exit(1 if outcome.refused_rows else 0)


def _read(file: Path, settings: Settings) -> bytes:
    """The file, whose size is asked before it is read."""
    if file.stat().st_size > settings.import_limit_bytes:
        raise refuse(TOO_LARGE, most_bytes=settings.import_limit_bytes)
    return file.read_bytes()


def _for_whom(tx: Transaction, *, branch_code: str | None, login: str | None) -> tuple[int, Actor]:
    branch = find_branch_by_code(tx, branch_code) if branch_code else district(tx)
    if branch is None:
        raise Invalid({"branch": NO_SUCH_BRANCH})
    return branch.id, staff_by_login(tx, login) if login else SYSTEM


@contextmanager
def _progress(*, is_shown: bool) -> Iterator[Telling]:
    """Shows how far the import is, on a terminal."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(sentence(message("rows"))), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not is_shown) as bar:
        task = bar.add_task("")
        yield lambda done, expected: bar.update(task, completed=done, total=max(done, expected))


def _say(shown: OutcomeShape, report: Path | None) -> None:
    for note in shown.notes:
        click.echo(note)
    if shown.id is None:
        say(
            message("Checked {name}: {new_rows} rows to be taken, {known_rows} known, {refused_rows} refused."),
            name=shown.name, new_rows=shown.new_rows, known_rows=shown.known_rows, refused_rows=shown.refused_rows,
        )  # fmt: skip
    else:
        say(
            message("Import {id} of {name}: {new_rows} rows taken, {known_rows} known, {refused_rows} refused."),
            id=shown.id, name=shown.name, new_rows=shown.new_rows, known_rows=shown.known_rows,
            refused_rows=shown.refused_rows,
        )  # fmt: skip
    if shown.activity_id is not None:
        say(
            message("Activity {activity_id} waits for its approval; lines held because of other service: {held}."),
            activity_id=shown.activity_id, held=shown.held_rows or 0,
        )  # fmt: skip
    for row in shown.refused:
        say(message("Row {row}, {column}: {reason}"), row=row.row, column=row.column or "-", reason=row.reason)
    for twins in shown.twins:
        say(
            message("Member {member_id} may be the same person as {others}. If so, merge the two."),
            member_id=twins.member_id, others=", ".join(str(twin.member_id) for twin in twins.twins),
        )  # fmt: skip
    if report is not None and shown.refused_rows:
        say(message("The refused rows are in {path}. Correct them there and import that file."), path=report)
