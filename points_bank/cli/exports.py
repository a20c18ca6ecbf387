"""`points-bank export`: everything, as one file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import points_bank.tables  # noqa: F401  # all of them go out
from points_bank.actor import SYSTEM
from points_bank.cli.moving import IS_THERE, whole, write_house
from points_bank.cli.terminal import as_json, end, in_bank, print_json, say, sentence
from points_bank.database import Database
from points_bank.errors import message
from points_bank.exports.everything import Manifest, export_everything
from points_bank.exports.trail import note_export
from points_bank.settings import Settings

EXPORT_LIMIT_SECONDS = 24 * 3_600.0


@click.command("export")
@click.option("--all", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The zip to make.")
@click.option("--with-secrets", is_flag=True, help="Secrets too: to move the whole bank into another database.")
@click.option("--with-key", is_flag=True, help="With the secrets, put the bank's key beside it too.")
@as_json
def export_file(file: Path, with_secrets: bool, with_key: bool, is_json: bool) -> None:
    """Write everything but secrets into one zip file, as the books stand now. Nobody who works has to wait.

    It holds personal data: only its owner may read the file that is made. With secrets it can be moved into another
    database by points-bank import --all; docs/moving-house.md shows how.
    """
    if with_secrets:
        write_house(file, with_key=with_key, is_json=is_json)
        return
    if with_key:
        raise click.UsageError(sentence(message("--with-key goes together with --with-secrets.")))
    if file.exists():
        end(sentence(IS_THERE, path=file))
    patient = Settings().model_copy(update={"act_limit_seconds": EXPORT_LIMIT_SECONDS})
    manifest = in_bank(lambda bank: _write(bank, file), settings=patient)
    if is_json:
        print_json(msgspec.to_builtins(manifest))
        return
    for table in manifest.tables:
        click.echo(f"{table.rows:>12,}  {table.name}")
    say(message("{path} holds the books at ledger position {position}."), path=file, position=manifest.ledger_position)


async def _write(bank: Database, file: Path) -> Manifest:
    """Under another name until it is whole."""
    await bank.write(note_export, "everything", by=SYSTEM)
    with _progress() as told, whole(file) as out:
        return await bank.read(export_everything, out, told=told, by=SYSTEM)


@contextmanager
def _progress() -> Iterator[Callable[[str, int], object]]:
    """Which table is being written, and how many rows of it are, on a terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("")
        yield lambda name, rows: bar.update(task, description=f"{name} {rows:,}")
