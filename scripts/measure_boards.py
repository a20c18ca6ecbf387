"""Measure a month's boards of all estates of a big bank: python -m scripts.measure_boards FILE. Changes nothing."""

import argparse
import json
import sqlite3
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from datetime import time as time_of_day
from pathlib import Path

import rich_click as click
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, ActorKind
from points_bank.branches.models import Branch, BranchKind
from points_bank.clock import PeriodKind, at_time, parse_period
from points_bank.columns import table_of
from points_bank.demo.big_bank import LAST_MONTH
from points_bank.keys import load_keys
from points_bank.leaderboards.boards import BoardLine, create_board
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


@dataclass(frozen=True, slots=True)
class MonthOfBoards:
    """A board of each estate, published in turns; `reading` is the part that needs no right to write.

    Own ranks are medians: on a published board, and on the last day of a month that still runs.
    """

    boards: int
    participants: int
    reading_seconds: float
    publishing_seconds: float
    publishing_processor_seconds: float
    own_rank_ms: float
    own_rank_running_ms: float


def month_of_boards(path: Path) -> MonthOfBoards:
    """Publish the last month of every estate, ask own ranks, and take it all back."""
    settings = Settings(database_url=f"sqlite:///{path}", environment=Environment.TEST)
    context = Context(settings, load_keys(settings.key_path, may_make=False))
    month = parse_period(LAST_MONTH)
    assert month is not None, "the name of a month"
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA cache_size=-65536")
        inner = InnerConnection(raw)
        raw.execute("BEGIN")

        def at(on: date, hour: int) -> Transaction:
            now = at_time(on, time_of_day(hour), settings.zone)
            return Transaction(inner, context, now=now, act=publish_due.__name__)

        boards = _new_boards(at(month.first_on, 9))
        running = _own_rank_ms(at(month.until - timedelta(days=1), 20), boards)
        tx = at(month.until + timedelta(days=4), 9)
        started, processor = time.perf_counter(), time.process_time()
        gathered = read_for_publication(tx, None, due_at=tx.now)
        read = time.perf_counter()
        while publish_due(tx, due_at=tx.now, gathered=gathered):
            pass
        published, used = time.perf_counter(), time.process_time() - processor
        editions, participants = tx.one(sa.select(sa.func.count(), sa.func.sum(EDITION.c.participants)))
        own_rank_ms = _own_rank_ms(tx, boards)
        raw.execute("ROLLBACK")
        inner.core.close()
    return MonthOfBoards(editions, participants, read - started, published - started, used, own_rank_ms, running)


def _new_boards(tx: Transaction) -> list[BoardLine]:
    estates = [row.id for row in tx.all(sa.select(BRANCH.c.id).where(BRANCH.c.kind == BranchKind.ESTATE))]
    return [
        create_board(
            tx, branch_id=each, name="月榜", period=PeriodKind.MONTH, measure=Measure.POINTS, top=10, publish_day=5,
            publish_time=time_of_day(9), objection_working_days=3, by=SYSTEM,
        )
        for each in estates
    ]  # fmt: skip


def _own_rank_ms(tx: Transaction, boards: Sequence[BoardLine]) -> float:
    """The median over boards, each asked by the estate's first member."""
    milliseconds = []
    for board in boards[:: max(1, len(boards) // RANKS)]:
        member_id = tx.scalar(sa.select(sa.func.min(MEMBER.c.id)).where(MEMBER.c.branch_id == board.branch_id))
        started = time.perf_counter()
        own_rank(tx, board_id=board.id, period_name=None, by=Actor(ActorKind.MEMBER, member_id, member_id))
        milliseconds.append((time.perf_counter() - started) * 1e3)
    return statistics.median(milliseconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="a bank made by scripts/big_bank.py")
    measured = asdict(month_of_boards(parser.parse_args().file))
    click.echo(json.dumps({name: round(value, 3) for name, value in measured.items()}))


if __name__ == "__main__":
    main()
