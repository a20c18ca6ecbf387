"""Four processes find sixty weeks undone at once, and one of them is killed in the middle: all is done once."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.clock import PeriodKind
from points_bank.columns import table_of
from points_bank.job_runs import JobRun
from points_bank.leaderboards.models import Edition
from points_bank.settings import Settings
from tests.leaderboards.conftest import Community

pytestmark = pytest.mark.thorough

WEEKS, PROCESSES = 60, 4
_EDITIONS = sa.select(sa.func.count()).select_from(table_of(Edition))
_RUNS = sa.select(table_of(JobRun).c.job, table_of(JobRun).c.period)


def begin(settings: Settings, clock: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "POINTS_BANK_DATABASE_URL": settings.database_url,
        "POINTS_BANK_KEY_FILE": str(settings.key_path),
        "POINTS_BANK_POSITION_SECONDS": "0",
        "POINTS_BANK_ENVIRONMENT": "test",
        "POINTS_BANK_CLOCK": clock,
    }
    command = [sys.executable, "-m", "points_bank", "jobs", "run", "--json"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


async def test_sixty_weeks_are_done_once_by_four_processes_of_which_one_is_killed(
    community: Community, settings: Settings
) -> None:
    people = [await community.member(name) for name in ("甘一", "黄二", "莫三")]
    board = await community.board(period=PeriodKind.WEEK, publish_day=3, name="周榜")
    await community.serve("2026-10-14", dict.fromkeys(people, 120))
    await community.serve("2026-11-18", {people[0]: 60})

    processes = [begin(settings, "2027-12-16T09:00:00+08:00") for _ in range(PROCESSES)]
    await until_so_many_editions(community, 20)
    processes[0].kill()
    told = [await asyncio.to_thread(each.communicate, timeout=300) for each in processes]
    assert [each.returncode for each in processes] == [-9, 0, 0, 0], told
    assert processes[0].poll() is not None

    done = Counter[tuple[str, str]]()
    for said, _ in told[1:]:
        done.update({(each["job"], each["due_at"]): each["count"] for each in json.loads(said)})
    assert all(count == 1 for (job, _), count in done.items() if job in {"publish", "close"})
    runs: list[Any] = await community.read(lambda tx: tx.all(_RUNS))
    editions = await community.read(lambda tx: tx.scalar(_EDITIONS))
    assert editions == len([run for run in runs if run.job == f"publish:{board.id}"]) >= WEEKS
    assert [place[0] for place in await community.places(board, "2026-W42")] == [1, 1, 1]
    assert [place[0] for place in await community.places(board, "2026-W47")] == [1]
    assert (await community.edition(board, "2027-W49")).standings == []


async def until_so_many_editions(community: Community, number: int) -> None:
    until = time.monotonic() + 120
    while await community.read(lambda tx: tx.scalar(_EDITIONS)) < number:
        assert time.monotonic() < until
        await asyncio.sleep(0.01)
