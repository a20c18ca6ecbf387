"""Boards that are worked out together say what each would have said by itself, and never what no longer holds."""

from datetime import date
from typing import Any

import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind
from points_bank.clock import parse_period
from points_bank.leaderboards.boards import BoardLine
from points_bank.leaderboards.editions import EDITION, publish_due, standings_in
from points_bank.leaderboards.gathering import Draft, read_for_publication
from points_bank.leaderboards.models import Measure, Population
from points_bank.members.moving import move_member
from points_bank.rules.rule_set import ServiceRole
from points_bank.transaction import Transaction
from tests.bank import at
from tests.leaderboards.conftest import Community

DUE = at("2026-11-05 09:00")


@pytest.fixture
async def boards(community: Community) -> list[BoardLine]:
    """The district, two communities and three estates, each with a board of points; people live, serve and move."""
    community.recorder = await community.bank.staff(Role.RECORDER)
    community.approver = await community.bank.staff(Role.APPROVER)
    other = await community.bank.branch("河堤社区", BranchKind.COMMUNITY)
    estates = [
        community.estate,
        await community.bank.branch("佛子小区", BranchKind.ESTATE, community.branch),
        await community.bank.branch("桂苑小区", BranchKind.ESTATE, other),
    ]
    branches = [community.bank.district, community.branch, other, *estates]
    made = [await community.board(branch) for branch in branches]
    people = [
        await community.member(f"住户{number}", branch=estates[number % 3], is_party_member=number % 2 == 0)
        for number in range(7)
    ]
    await community.earn({member_id: 10 * number for number, member_id in enumerate(people)}, from_on="2026-10-13")
    community.bank.clock.set(at("2026-10-25 09:00"))
    await community.write(move_member, people[6], branch_id=estates[1].id, on=date(2026, 10, 25), by=SYSTEM)
    await community.run("2026-11-05 08:59")
    community.bank.clock.set(DUE)
    return made


async def publish(community: Community, gathered: Draft | None) -> dict[int, list[tuple[int, int]]]:
    """Publish whatever is due and take it back; the standings by board."""
    found: dict[int, list[tuple[int, int]]] = {}

    class TakenBack(Exception):
        pass

    def publish_all(tx: Transaction) -> None:
        tx.act = publish_due.__name__
        while publish_due(tx, due_at=DUE, gathered=gathered):
            pass
        for row in tx.all(EDITION.select()):
            found[row.board_id] = list(standings_in(tx, row.id))
        raise TakenBack

    with pytest.raises(TakenBack):
        await community.write(publish_all)
    return found


async def test_together_they_say_what_each_says_by_itself(community: Community, boards: list[BoardLine]) -> None:
    gathered = await community.read(read_for_publication, None, due_at=DUE)

    together, alone = await publish(community, gathered), await publish(community, None)

    assert set(gathered.standings) == {board.id for board in boards}
    assert together == alone
    assert [len(alone[board.id]) for board in boards] == [6, 4, 2, 2, 2, 2]


@pytest.mark.parametrize(
    "kind",
    [
        {"measure": Measure.MINUTES},
        {"measure": Measure.SESSIONS, "role": ServiceRole.SERVICE},
        {"population": Population.PARTY_MEMBERS},
        {"population": Population.RESIDENTS, "role": ServiceRole.PUBLICITY},
    ],
)
async def test_boards_of_every_kind(community: Community, boards: list[BoardLine], kind: dict[str, Any]) -> None:
    community.bank.clock.set(at("2026-10-30 09:00"))
    for _ in range(4):
        await community.board(**kind)
    community.bank.clock.set(DUE)
    gathered = await community.read(read_for_publication, None, due_at=DUE)

    assert await publish(community, gathered) == await publish(community, None)


async def test_few_boards_are_left_to_themselves(community: Community) -> None:
    await community.board()
    gathered = await community.read(read_for_publication, None, due_at=DUE)
    assert gathered.standings == {}


async def test_what_changed_meanwhile_is_worked_out_anew(community: Community, boards: list[BoardLine]) -> None:
    lines = await community.serve("2026-10-30", {2: 240}, approved="2026-10-30 21:00")
    await community.run("2026-11-05 08:59")
    community.bank.clock.set(DUE)
    gathered = await community.read(read_for_publication, None, due_at=DUE)
    before = await publish(community, gathered)

    await community.correct(lines[2], 60, when="2026-11-05 09:00")
    after = await publish(community, gathered)

    assert dict(before[boards[0].id])[2] - dict(after[boards[0].id])[2] == 30
    assert after == await publish(community, None)


async def test_the_timetable_publishes_them_all(community: Community, boards: list[BoardLine]) -> None:
    done = await community.run("2026-11-05 09:00")
    assert [each.job for each in done] == ["publish"] * len(boards)
    assert parse_period("2026-10") == boards[0].next_period
