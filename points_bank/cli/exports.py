"""`points-bank export`: everything, as one file."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import rich_click as click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

import points_bank.tables  # noqa: F401  # all of them go out
from points_bank.actor import SYSTEM
from points_bank.cli.terminal import as_json, end, in_bank, print_json, say, sentence
from points_bank.database import Database
from points_bank.errors import message
from points_bank.exports.everything import Manifest, export_everything
from points_bank.exports.trail import note_export
from points_bank.settings import Settings

EXPORT_LIMIT_SECONDS = 24 * 3_600.0


@click.command("export")
@click.option("--all", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The zip to make.")
@as_json
def export_file(file: Path, is_json: bool) -> None:
    """Write everything but secrets into one zip file, as the books stand now. Nobody who works has to wait.

    It holds personal data: only its owner may read the file that is made.
    """
    if file.exists():
        end(sentence(message("{path} is there already; it is not overwritten."), path=file))
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
    part = file.with_name(f"{file.name}.part")
    try:
        with _progress() as told, os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as out:
            manifest = await bank.read(export_everything, out, told=told, by=SYSTEM)
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return manifest


@contextmanager
def _progress() -> Iterator[Callable[[str, int], object]]:
    """Which table is being written, and how many rows of it are, on a terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("")
        yield lambda name, rows: bar.update(task, description=f"{name} {rows:,}")
