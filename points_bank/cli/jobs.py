"""`points-bank jobs`: the timetable, by hand."""

from datetime import datetime
from itertools import groupby

import rich_click as click

from points_bank.cli.terminal import as_json, in_bank, instant, print_json, say, sentence
from points_bank.errors import message
from points_bank.scheduler import TIMETABLE, run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction


@click.group()
def jobs() -> None:
    """What the bank does by itself: release, lapse, settle, seal, publish, finalise, remind."""


@jobs.command("run")
@as_json
@click.pass_context
def run(context: click.Context, is_json: bool) -> None:
    """Do now everything that is due, oldest first. Fails where a job failed; the others are done all the same."""
    settings = Settings()
    parts = groupby(in_bank(run_due, settings=settings), key=lambda part: (part.job, part.due_at, part.failure))
    done = [
        {"job": job, "due_at": instant(due_at, settings), "count": sum(part.count for part in same), "failure": failure}
        for (job, due_at, failure), same in parts
    ]
    if is_json:
        print_json(done)
    elif not done:
        say(message("Nothing was due."))
    else:
        for each in done:
            click.echo("{job}: {result}, {due_at}".format(**each, result=each["failure"] or each["count"]))
    if any(each["failure"] for each in done):
        context.exit(1)


@jobs.command("list")
@as_json
def list_next(is_json: bool) -> None:
    """Show when each job is due next."""
    settings = Settings()
    dues = [
        {"job": name, "next_due_at": instant(at, settings) if at else None}
        for name, at in in_bank(lambda bank: bank.read(_next_dues), settings=settings)
    ]
    if is_json:
        print_json(dues)
        return
    for each in dues:
        click.echo(f"{each['job']}: {each['next_due_at'] or sentence(message('nothing to come'))}")


def _next_dues(tx: Transaction) -> list[tuple[str, datetime | None]]:
    return [(job.name, job.next_due(tx)) for job in TIMETABLE]
