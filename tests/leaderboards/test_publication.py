"""Publishing: on time or late, each period once, by however many look at the clock."""

import asyncio
import hashlib
from datetime import UTC, date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.clock import PeriodKind
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.job_runs import JobRun
from points_bank.leaderboards.boards import BoardLine, board_of
from points_bank.leaderboards.editions import EDITION, STANDING, content_hash, publish_due, standings_in
from points_bank.leaderboards.models import EditionState
from points_bank.leaderboards.reading import list_editions
from points_bank.scheduler import run_due
from points_bank.transaction import Transaction
from tests.bank import at
from tests.leaderboards.conftest import Community

RUNS = table_of(JobRun)


async def editions_of(community: Community, board: BoardLine) -> list[Any]:
    found = await community.read(list_editions, board.id, before_id=2**40, limit=100)
    return list(reversed(found))


async def runs_of(community: Community, job: str) -> list[str]:
    """The periods for which a job ran, in the order in which it did."""

    def runs(tx: Transaction) -> list[str]:
        return [row.period for row in tx.all(sa.select(RUNS.c.period).where(RUNS.c.job == job).order_by(RUNS.c.ran_at))]

    found: list[str] = await community.read(runs)
    return found


async def test_a_board_goes_up_when_it_is_due(community: Community) -> None:
    board, zhang = await community.board(), await community.member("张小明")
    await community.earn({zhang: 30}, from_on="2026-10-17")
    assert [done.job for done in await community.run("2026-11-05 08:59")] == ["settle"]
    assert [(done.job, done.due_at) for done in await community.run("2026-11-05 09:00")] == [
        ("publish", at("2026-11-05 09:00"))
    ]
    assert await community.places(board, "2026-10") == [(1, "张*明", 30)]
    (edition,) = await editions_of(community, board)
    assert (edition.state, edition.finalised_at, edition.participants) == (EditionState.PROVISIONAL, None, 1)
    after = await community.read(board_of, board.id)
    assert (after.next_period_on, after.next_due_at) == (date(2026, 11, 1), at("2026-12-05 09:00"))


async def test_the_hash_covers_board_period_position_and_values(community: Community) -> None:
    board = await community.board()
    li, bo = await community.member("李华"), await community.member("Bo", agrees=False)
    await community.earn({li: 30, bo: 35}, from_on="2026-10-17")
    await community.run("2026-11-05 09:00")
    (edition,) = await editions_of(community, board)
    assert await community.read(standings_in, edition.id) == [(li, 30), (bo, 35)]
    assert edition.ledger_position == 2
    text = f'{{"board_id":{board.id},"ledger_position":2,"period":"2026-10","standings":[[{li},30],[{bo},35]]}}'
    assert edition.content_hash == content_hash(board.id, "2026-10", 2, [(li, 30), (bo, 35)])
    # Who wants to check an edition needs nothing of ours: the text above and SHA-256 will do.
    assert edition.content_hash == hashlib.sha256(text.encode()).hexdigest()


async def test_an_empty_period_is_published_too(community: Community) -> None:
    board = await community.board()
    await community.run("2026-11-05 09:00")
    (edition,) = await editions_of(community, board)
    assert (edition.participants, edition.ledger_position) == (0, 0)
    assert await community.places(board, "2026-10") == []


async def test_what_settles_at_the_due_instant_counts_and_later_does_not(community: Community) -> None:
    """Notices end at 00:00, so a board that goes up at 00:00 counts those that end at that instant."""
    board = await community.board(publish_time=at("2026-11-05 00:00").time())
    zhang, li = await community.member("张小明"), await community.member("李华")
    await community.serve("2026-10-30", {zhang: 60}, approved="2026-10-30 21:00")
    await community.serve("2026-10-31", {li: 60}, approved="2026-11-02 09:00")
    done = await community.run("2026-11-10 00:00")
    assert [(each.job, each.due_at) for each in done] == [
        ("settle", at("2026-11-05 00:00")),
        ("publish", at("2026-11-05 00:00")),
        ("settle", at("2026-11-06 00:00")),
    ]
    assert await community.places(board, "2026-10") == [(1, "张*明", 10)]


async def test_forty_minutes_of_downtime(community: Community) -> None:
    board, zhang = await community.board(), await community.member("张小明")
    await community.earn({zhang: 30}, from_on="2026-10-17")
    await community.run("2026-11-05 09:40")
    await community.run("2026-11-05 09:41")
    (edition,) = await editions_of(community, board)
    assert edition.due_at == at("2026-11-05 09:00")
    assert at("2026-11-05 09:40") <= edition.published_at < at("2026-11-05 09:41")
    assert await runs_of(community, f"publish:{board.id}") == ["2026-10"]


async def test_three_months_of_downtime(community: Community) -> None:
    """Each period is published once, oldest first, and is final by now where it would have been."""
    board = await community.board()
    weekly = await community.board(name="周榜", period=PeriodKind.WEEK, publish_day=1)
    zhang, li = await community.member("张小明"), await community.member("李华")
    await community.serve("2026-10-17", {zhang: 60})
    await community.serve("2026-11-07", {li: 60})
    done = await community.run("2027-02-08 10:00")

    published = [each.due_at for each in done if each.job == "publish"]
    assert published == sorted(published)
    editions = await editions_of(community, board)
    assert [(each.period, each.participants) for each in editions] == [
        ("2026-10", 1),
        ("2026-11", 1),
        ("2026-12", 0),
        ("2027-01", 0),
    ]
    assert [each.due_at for each in editions] == [
        at(f"{month}-05 09:00") for month in ("2026-11", "2026-12", "2027-01", "2027-02")
    ]
    assert [each.state for each in editions] == [EditionState.FINAL] * 3 + [EditionState.PROVISIONAL]
    assert await runs_of(community, f"finalise:{board.id}") == ["2026-10", "2026-11", "2026-12"]
    assert len(await editions_of(community, weekly)) == 17
    assert await runs_of(community, f"publish:{board.id}") == [each.period for each in editions]

    assert await run_due(community.bank.database) == []


@pytest.mark.racing
async def test_many_look_at_the_clock_at_once(community: Community) -> None:
    boards = [await community.board(name=f"榜 {number}") for number in range(4)]
    zhang = await community.member("张小明")
    await community.earn({zhang: 30}, from_on="2026-10-17")
    community.bank.clock.set(at("2026-12-20 09:00"))
    async with Database(community.bank.database.settings, community.bank.clock) as other:
        everyone = [each for each in (community.bank.database, other) for _ in range(4)]
        await asyncio.gather(*(run_due(each) for each in everyone))
        community.bank.clock.set(at("2026-12-28 09:00"))
        await asyncio.gather(*(run_due(each) for each in everyone))
    for board in boards:
        assert [each.period for each in await editions_of(community, board)] == ["2026-10", "2026-11"]
        assert await runs_of(community, f"publish:{board.id}") == ["2026-10", "2026-11"]
        assert await runs_of(community, f"finalise:{board.id}") == ["2026-10", "2026-11"]


async def test_a_period_that_was_claimed_is_not_published_again(community: Community) -> None:
    board = await community.board()
    await community.run("2026-11-05 09:00")
    (before,) = await editions_of(community, board)

    def set_back(tx: Transaction) -> None:
        """As a copy of the board's row from before would have it."""
        boards = EDITION.metadata.tables["leaderboard"]
        tx.run(sa.update(boards).values(next_period_on=date(2026, 10, 1), next_due_at=at("2026-11-05 09:00")))

    await community.write(set_back)
    assert [each.job for each in await run_due(community.bank.database)] == ["publish"]
    assert await editions_of(community, board) == [before]


async def test_nothing_is_kept_of_a_publication_that_fails_half_way(community: Community) -> None:
    board, zhang = await community.board(), await community.member("张小明")
    await community.earn({zhang: 30}, from_on="2026-10-17")
    await community.run("2026-11-05 08:00")
    community.bank.clock.set(at("2026-11-05 09:00"))

    def publish_and_fail(tx: Transaction) -> None:
        publish_due(tx, due_at=tx.now)
        raise LookupError

    with pytest.raises(LookupError):
        await community.write(publish_and_fail)
    assert await editions_of(community, board) == []
    assert await runs_of(community, f"publish:{board.id}") == []
    await community.run("2026-11-05 09:00")
    assert await community.places(board, "2026-10") == [(1, "张*明", 30)]


@pytest.mark.parametrize(
    ("changes", "period", "due_at"),
    [
        ({"period": PeriodKind.WEEK, "publish_day": 1}, "2026-W42", "2026-10-19 09:00"),
        ({"period": PeriodKind.WEEK, "publish_day": 7}, "2026-W42", "2026-10-25 09:00"),
        ({"period": PeriodKind.MONTH, "publish_day": 28}, "2026-10", "2026-11-28 09:00"),
        ({"period": PeriodKind.QUARTER, "publish_day": 10}, "2026-Q4", "2027-01-10 09:00"),
        ({"period": PeriodKind.YEAR, "publish_day": 15}, "2026", "2027-01-15 09:00"),
    ],
)
async def test_weeks_months_quarters_and_years(
    community: Community, changes: dict[str, Any], period: str, due_at: str
) -> None:
    board, zhang = await community.board(**changes), await community.member("张小明")
    assert board.next_due_at == at(due_at).astimezone(UTC)
    await community.serve("2026-10-12", {zhang: 60}, approved="2026-10-12 20:30")
    await community.run((at(due_at) - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M"))
    assert await editions_of(community, board) == []
    await community.run(due_at)
    (edition,) = await editions_of(community, board)
    assert (edition.period, edition.due_at) == (period, at(due_at))
    assert await community.places(board, period) == [(1, "张*明", 10)]


async def test_standings_are_kept_apart_by_edition(community: Community) -> None:
    board, zhang = await community.board(), await community.member("张小明")
    await community.serve("2026-10-17", {zhang: 60})
    await community.serve("2026-11-07", {zhang: 120})
    await community.run("2026-12-05 09:00")
    assert await community.places(board, "2026-10") == [(1, "张*明", 10)]
    assert await community.places(board, "2026-11") == [(1, "张*明", 20)]

    def kept(tx: Transaction) -> int:
        return int(tx.scalar(sa.select(sa.func.count()).select_from(STANDING)))

    assert await community.read(kept) == 2
