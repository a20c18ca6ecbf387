"""What a board counts: whose service, of which kind, and how it is measured."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind
from points_bank.leaderboards.boards import BoardLine
from points_bank.leaderboards.models import Measure, Population
from points_bank.leaderboards.standings import rank
from points_bank.members.moving import move_member
from points_bank.rules.rule_set import ServiceRole
from tests.bank import at
from tests.leaderboards.conftest import Community


@pytest.mark.parametrize(
    ("values", "ranks"),
    [
        ([], []),
        ([7], [1]),
        ([90, 90, 55], [1, 1, 3]),
        ([100, 90, 90, 60, 55], [1, 2, 2, 4, 5]),
        ([5, 5, 5], [1, 1, 1]),
        ([1, 9, 9], [3, 1, 1]),
    ],
)
def test_equal_values_share_a_rank(values: list[int], ranks: list[int]) -> None:
    assert rank(values) == ranks


@given(st.lists(st.integers(min_value=1, max_value=20)))
def test_a_rank_is_one_more_than_there_are_greater_values(values: list[int]) -> None:
    assert rank(values) == [1 + sum(other > value for other in values) for value in values]


async def names(community: Community, board: BoardLine, period: str = "2026-10") -> dict[str, int]:
    return {name: value for _, name, value in await community.places(board, period)}


async def test_points_minutes_and_sessions(community: Community) -> None:
    boards = [await community.board(measure=measure) for measure in Measure]
    zhang = await community.member("张小明")
    await community.serve("2026-10-17", {zhang: 145})
    await community.serve("2026-10-18", {zhang: 20})
    await community.run("2026-11-05 09:00")
    assert [await names(community, board) for board in boards] == [{"张*明": 20}, {"张*明": 165}, {"张*明": 2}]


async def test_who_has_nothing_of_the_measure_did_not_take_part(community: Community) -> None:
    """A line that earned no points is service all the same, and one that was taken back is none."""
    boards = [await community.board(measure=measure) for measure in Measure]
    zhang, li = await community.member("张小明"), await community.member("李华")
    lines = await community.serve("2026-10-17", {zhang: 20, li: 60})
    await community.run("2026-10-22 00:00")
    await community.correct(lines[li], 0, when="2026-10-23 10:00")
    await community.run("2026-11-05 09:00")
    assert [await names(community, board) for board in boards] == [{}, {"张*明": 20}, {"张*明": 1}]


async def test_boards_of_one_role(community: Community) -> None:
    boards = [await community.board(role=role) for role in (None, ServiceRole.SERVICE, ServiceRole.PUBLICITY)]
    zhang, li = await community.member("张小明"), await community.member("李华")
    await community.serve("2026-10-17", {zhang: 60})
    await community.serve("2026-10-18", {zhang: 45, li: 45}, role=ServiceRole.PUBLICITY)
    await community.run("2026-11-05 09:00")
    assert [await names(community, board) for board in boards] == [
        {"张*明": 20, "李*": 10},
        {"张*明": 10},
        {"张*明": 10, "李*": 10},
    ]


async def test_residents_and_party_members_have_their_own_boards(community: Community) -> None:
    boards = [await community.board(population=population) for population in Population]
    zhang, dang = await community.member("张小明"), await community.member("党员", is_party_member=True)
    await community.serve("2026-10-17", {zhang: 60, dang: 120})
    await community.run("2026-11-05 09:00")
    assert [await names(community, board) for board in boards] == [
        {"党*": 20, "张*明": 10},
        {"张*明": 10},
        {"党*": 20},
    ]


async def test_a_board_counts_those_at_home_in_its_branch_or_below(community: Community) -> None:
    other = await community.bank.branch("龙湖社区", BranchKind.COMMUNITY)
    boards = [
        await community.board(branch=branch)
        for branch in (community.bank.district, community.branch, community.estate, other)
    ]
    here, above = await community.member("张小明"), await community.member("李华", branch=community.branch)
    await community.serve("2026-10-17", {here: 60, above: 120})
    await community.run("2026-11-05 09:00")
    everyone = {"李*": 20, "张*明": 10}
    assert [await names(community, board) for board in boards] == [everyone, everyone, {"张*明": 10}, {}]


async def test_service_elsewhere_counts_at_home(community: Community) -> None:
    """A board ranks who lives there, wherever they served."""
    other = await community.bank.branch("泰和嘉园", BranchKind.ESTATE)
    board = await community.board(branch=other)
    guest = await community.member("客人", branch=other)
    community.recorder = await community.bank.staff(Role.RECORDER)
    await community.serve("2026-10-17", {guest: 60})
    await community.run("2026-11-05 09:00")
    assert await names(community, board) == {"客*": 10}


async def test_who_moves_counts_at_the_new_branch_from_the_next_period_on(community: Community) -> None:
    """S8: moved on 20 November, so November is the old branch's and December the new one's."""
    taihe = await community.bank.branch("泰和嘉园", BranchKind.ESTATE, community.branch)
    community.bank.clock.set(at("2026-11-02 09:00"))
    old, new = await community.board(branch=community.estate), await community.board(branch=taihe)
    whole = await community.board()
    k = await community.member("孔先生")
    await community.serve("2026-11-07", {k: 60})
    community.bank.clock.set(at("2026-11-20 10:00"))
    await community.write(move_member, k, branch_id=taihe.id, on=at("2026-11-20 10:00").date(), by=SYSTEM)
    await community.serve("2026-11-28", {k: 60})
    await community.serve("2026-12-05", {k: 120})
    await community.run("2027-01-05 09:00")
    boards, k_counts = (old, new, whole), {"孔*生": 20}
    assert [await names(community, board, "2026-11") for board in boards] == [k_counts, {}, k_counts]
    assert [await names(community, board, "2026-12") for board in boards] == [{}, k_counts, k_counts]


async def test_who_moves_on_the_first_day_counts_at_the_new_branch(community: Community) -> None:
    taihe = await community.bank.branch("泰和嘉园", BranchKind.ESTATE, community.branch)
    community.bank.clock.set(at("2026-11-01 10:00"))
    old, new = await community.board(branch=community.estate), await community.board(branch=taihe)
    k = await community.member("孔先生")
    await community.write(move_member, k, branch_id=taihe.id, on=at("2026-11-01 10:00").date(), by=SYSTEM)
    await community.serve("2026-11-07", {k: 60})
    await community.run("2026-12-05 09:00")
    assert [await names(community, board, "2026-11") for board in (old, new)] == [{}, {"孔*生": 10}]


async def test_service_before_registering_counts(community: Community) -> None:
    """Paper sheets come in before the paper form does."""
    board = await community.board()
    community.bank.clock.set(at("2026-11-03 09:00"))
    late = await community.member("王阿姨")
    community.bank.clock.set(at("2026-10-31 09:00"))
    await community.serve("2026-10-31", {late: 60}, approved="2026-10-31 21:00")
    await community.run("2026-11-05 09:00")
    assert await names(community, board) == {"王*姨": 10}


async def test_only_what_is_settled_counts(community: Community) -> None:
    board, zhang = await community.board(), await community.member("张小明")
    values: dict[str, Any] = {"approved": "2026-11-03 10:00"}
    await community.serve("2026-10-30", {zhang: 60})
    await community.serve("2026-10-31", {zhang: 120}, **values)
    await community.run("2026-11-05 09:00")
    assert await names(community, board) == {"张*明": 10}
