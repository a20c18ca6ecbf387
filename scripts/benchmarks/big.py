"""Whether anything slows down: an empty file against one of `scripts/big_bank.py`, with millions of transfers.

The big file is written to and keeps what was measured: give it a copy where it is still needed as it is.
"""

import asyncio
import sqlite3
import time
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from points_bank.branches.tree import district
from points_bank.database import Database
from points_bank.scheduler import run_due
from scripts.benchmarks.acts import Acts
from scripts.benchmarks.bank import Bank, open_counter, served, settings_of
from scripts.benchmarks.client import Client
from scripts.benchmarks.measuring import WARMING_UP, Plan, measure_awards, measure_request, requests_of
from scripts.benchmarks.report import Report
from scripts.measure_boards import month_of_boards

CLIENTS = 64
ASKED = ("redemption_http", "passbook_http")
LEDGER = ("transfer", "lot_use", "lot", "account")
LONGEST_SECONDS = 600.0

_RICH = sa.text(
    "SELECT owner_id FROM account WHERE kind = 'member' AND balance_points >= 600 AND owner_id % 7 = 3 LIMIT 40000"
)
_BYTES = """
    SELECT SUM(pgsize) FROM dbstat WHERE aggregate = TRUE
    AND name IN (SELECT name FROM sqlite_schema WHERE tbl_name = ? AND rootpage > 0)
"""


async def measure_big(path: Path, empty: Bank, plan: Plan, report: Report) -> None:
    """The same rounds on both files, then what only the big one can tell."""
    big = await _counter_in(path)
    _measure_size(path, report)
    _measure_boards(path, report)
    banks = {"empty": empty, "big": big}
    plan = replace(plan, clients=(CLIENTS,))
    async with AsyncExitStack() as stack:
        client = stack.enter_context(closing(Client()))
        acts = {name: await stack.enter_async_context(Acts(bank)) for name, bank in banks.items()}
        servers = {}
        for name, bank in banks.items():
            began = time.perf_counter()
            servers[name] = stack.enter_context(served(bank))
            used = servers[name].processor_seconds
            report.add(f"start_to_healthy_{name}_ms", (time.perf_counter() - began) * 1e3, processor_seconds=used)

        async def measure_round(plan: Plan, report: Report) -> None:
            for name, bank in banks.items():
                for asked in ASKED:
                    _, request = requests_of(bank)[asked]
                    await asyncio.to_thread(
                        measure_request, client, servers[name], request, f"{name}_{asked}", plan, report
                    )
                await measure_awards(
                    acts[name], f"{name}_award_acts_{CLIENTS}", report, clients=CLIENTS, seconds=plan.seconds
                )

        await measure_round(WARMING_UP, Report())
        for _ in range(plan.rounds):
            await measure_round(plan, report)


async def _counter_in(path: Path) -> Bank:
    """The big file with a counter of its own in the district, once it has done all that is due."""
    async with Database(settings_of(path).model_copy(update={"act_limit_seconds": LONGEST_SECONDS})) as database:
        await run_due(database)
        root = await database.read(district)
        assert root is not None, "a big bank has a district"
        member_ids = await database.read(lambda tx: [row[0] for row in tx.all(_RICH)])
        return await open_counter(database, path, root.id, member_ids)


def _measure_size(path: Path, report: Report) -> None:
    """Bytes on disk of the ledger's tables with their indexes, for each transfer."""
    with closing(sqlite3.connect(path)) as connection:
        sizes = [connection.execute(_BYTES, (table,)).fetchone()[0] for table in LEDGER]
        (transfers,) = connection.execute("SELECT COUNT(*) FROM transfer").fetchone()
    report.add("transfers", transfers)
    report.add("ledger_bytes_per_transfer", sum(sizes) / transfers)


def _measure_boards(path: Path, report: Report) -> None:
    """A board of the last month for each estate, and somebody's own rank on each."""
    month = month_of_boards(path)
    report.add(
        "boards_of_a_month_seconds", month.publishing_seconds, processor_seconds=month.publishing_processor_seconds
    )
    report.add("own_rank_ms", month.own_rank_ms)
    report.add("own_rank_running_ms", month.own_rank_running_ms)
    report.notes.append(f"boards of a month: {month.boards} branches, {month.participants} people")
