"""Measure a month's boards of all estates of a big bank: python scripts/measure_boards.py FILE. Changes nothing."""

import argparse
import json
import sqlite3
import statistics
import time
from contextlib import closing
from datetime import time as time_of_day
from datetime import timedelta
from pathlib import Path

import rich_click as click
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, ActorKind
from points_bank.branches.models import Branch, BranchKind
from points_bank.clock import PeriodKind, at_time, parse_period
from points_bank.columns import table_of
from points_bank.demo.big_bank import LAST_MONTH
from points_bank.keys import load_keys
from points_bank.leaderboards.boards import create_board
from points_bank.leaderboards.editions import publish_due
from points_bank.leaderboards.gathering import read_for_publication
from points_bank.leaderboards.models import Edition, Measure
from points_bank.leaderboards.reading import own_rank
from points_bank.members.models import Member
from points_bank.settings import Environment, Settings
from points_bank.sqlite import InnerConnection
from points_bank.transaction import Context, Transaction

BRANCH, EDITION, MEMBER = table_of(Branch), table_of(Edition), table_of(Member)
RANKS = 500


def measure(path: Path) -> dict[str, float]:
    """Publish the last month of every estate, ask own ranks, and take it all back."""
    settings = Settings(database_url=f"sqlite:///{path}", environment=Environment.TEST)
    context = Context(settings, load_keys(settings.key_path, may_make=False))
    month = parse_period(LAST_MONTH)
    assert month is not None, "the name of a month"
    due_at = at_time(month.until + timedelta(days=4), time_of_day(9), settings.zone)
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA cache_size=-65536")
        inner = InnerConnection(raw)
        raw.execute("BEGIN")
        tx = Transaction(inner, context, now=at_time(month.first_on, time_of_day(9), settings.zone), act="measure")
        estates = [row.id for row in tx.all(sa.select(BRANCH.c.id).where(BRANCH.c.kind == BranchKind.ESTATE))]
        boards = [
            create_board(
                tx, branch_id=each, name="月榜", period=PeriodKind.MONTH, measure=Measure.POINTS, top=10, publish_day=5,
                publish_time=time_of_day(9), objection_working_days=3, by=SYSTEM,
            )
            for each in estates
        ]  # fmt: skip
        tx = Transaction(inner, context, now=due_at, act=publish_due.__name__)
        started, cpu = time.perf_counter(), time.process_time()
        gathered = read_for_publication(tx, None, due_at=due_at)
        reading, reading_cpu = time.perf_counter() - started, time.process_time() - cpu
        while publish_due(tx, due_at=due_at, gathered=gathered):
            pass
        publishing, publishing_cpu = time.perf_counter() - started, time.process_time() - cpu
        editions, participants = tx.one(sa.select(sa.func.count(), sa.func.sum(EDITION.c.participants)))
        ranks = []
        for board in boards[:: max(1, len(boards) // RANKS)]:
            member_id = tx.scalar(sa.select(sa.func.min(MEMBER.c.id)).where(MEMBER.c.branch_id == board.branch_id))
            actor = Actor(ActorKind.MEMBER, member_id, member_id)
            started = time.perf_counter()
            own_rank(tx, board_id=board.id, period_name=None, by=actor)
            ranks.append(time.perf_counter() - started)
        raw.execute("ROLLBACK")
        inner.core.close()
    return {
        "boards": editions,
        "participants": participants,
        "reading_seconds": round(reading, 3),
        "reading_processor_seconds": round(reading_cpu, 3),
        "publishing_seconds": round(publishing, 3),
        "publishing_processor_seconds": round(publishing_cpu, 3),
        "own_rank_milliseconds": round(statistics.median(ranks) * 1000, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="a bank made by scripts/big_bank.py")
    click.echo(json.dumps(measure(parser.parse_args().file)))


if __name__ == "__main__":
    main()
