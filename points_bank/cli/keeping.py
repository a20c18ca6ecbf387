"""`points-bank verify`, `backup` and `restore`: keeping the books, and knowing that they are kept."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import rich_click as click
from msgspec.structs import asdict
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from points_bank.backup import Manifest, back_up, key_path
from points_bank.checks import Told
from points_bank.cli.terminal import as_json, in_bank, print_json, say, sentence
from points_bank.errors import message
from points_bank.restoring import VERIFY_LIMIT_SECONDS, restore
from points_bank.settings import Settings
from points_bank.verify import Finding, check_books


@click.command()
@click.option("--figures", type=click.Path(dir_okay=False, path_type=Path), help="Write what was found for Prometheus.")
@as_json
def verify(figures: Path | None, is_json: bool) -> None:
    """Recompute the books; name every difference, and end with 1 if there is one."""
    patient = Settings().model_copy(update={"act_limit_seconds": VERIFY_LIMIT_SECONDS})
    with told_on_terminal() as told:
        findings = in_bank(lambda bank: check_books(bank, told=told), settings=patient)
    if figures is not None:
        write_findings(figures, findings)
    count = sum(len(finding.differences) for finding in findings)
    if is_json:
        print_json({"ok": count == 0, "checks": msgspec.to_builtins(findings)})
        sys.exit(1 if count else 0)
    for finding in findings:
        click.echo(f"{'WRONG' if finding.differences else 'ok   '} {finding.check}")
        for difference in finding.differences:
            click.echo(f"      {difference}")
    say(message("Differences: {count}.") if count else message("The books are in order."), count=count)
    sys.exit(1 if count else 0)


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """The file that Prometheus' node exporter reads (its textfile collector): at once the whole of it."""
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()
    found = Gauge("points_bank_verify_differences", "Differences in the books.", ["check"], registry=registry)
    for each in findings:
        found.labels(each.check).set(len(each.differences))
    Gauge("points_bank_verified_at_seconds", "When the books were verified.", registry=registry).set_to_current_time()
    write_to_textfile(str(path), registry)


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-key", is_flag=True, help="Put the bank's secret key beside it: whoever has both can forge codes.")
@as_json
def make_backup(file: Path, with_key: bool, is_json: bool) -> None:
    """Copy the bank to FILE while it is being served; FILE.json tells what the copy is known by."""
    settings = Settings()
    with told_on_terminal() as told:
        made = asyncio.run(back_up(settings, file, with_key=with_key, told=partial(told, "backup")))
    if is_json:
        print_json(msgspec.to_builtins(made))
        return
    say(message("{file}: {size_bytes} bytes, {transfers} transfers up to number {last_transfer_id}."),
        file=file, **asdict(made))  # fmt: skip
    say_seal(made)
    if with_key:
        say(message("The key is beside it ({path}): keep both where nobody else comes."), path=key_path(file))
    else:
        say(
            message("The key {path} is not in it. Keep a copy of it elsewhere: without it no card, PIN or code fits."),
            path=settings.key_path,
        )


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@as_json
def restore_backup(file: Path, is_json: bool) -> None:
    """Make the bank out of the backup FILE, where there is none; its books are verified first."""
    with told_on_terminal() as told:
        restored = asyncio.run(restore(Settings(), file, copied=partial(told, "copy"), verified=told))
    if is_json:
        print_json(msgspec.to_builtins(asdict(restored) | {"path": str(restored.path)}))
        return
    say(message("{path} is restored from {file}, and its books are in order."), path=restored.path, file=file)
    say(message("Tokens and sessions ended: {count}. Everybody signs in again, and programs need new tokens."),
        count=restored.ended_tokens)  # fmt: skip
    if restored.was_migrated:
        say(message("It was of an older version and was brought up to date."))
    if restored.manifest is not None:
        say_seal(restored.manifest)


def say_seal(manifest: Manifest) -> None:
    if manifest.seal is not None:
        say(message("Sealed up to {day}: {head}"), day=manifest.sealed_on, head=manifest.seal)


@contextmanager
def told_on_terminal() -> Iterator[Told]:
    """A bar for each thing that takes long, on standard error, where somebody is looking."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {}

        def told(what: str, done: int, about: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(sentence(what))
            bar.update(tasks[what], completed=done, total=about)

        yield told
