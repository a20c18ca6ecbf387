"""What of a board is displayed: masked names of adults who agreed to it, and the first places alone."""

from datetime import date

import pytest

from points_bank.actor import SYSTEM
from points_bank.leaderboards.reading import running_period
from points_bank.members.changes import close_member
from points_bank.members.consents import give_consent, withdraw_consent
from points_bank.members.models import Purpose
from points_bank.members.names import masked
from tests.bank import at
from tests.leaderboards.conftest import Community, own

DUE = "2026-11-05 09:00"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张小明", "张*明"),
        ("张明", "张*"),
        ("张", "*"),
        ("欧阳小明", "欧*明"),
        ("张 小 明", "张*明"),
        ("阿不都·热依木", "阿*木"),
        ("Bob Lee", "B*"),
        ("Bo", "B*"),
        ("B", "*"),
        ("Élodie", "É*"),
        ("=1+1", "=*1"),
        ("", "*"),
    ],
)
def test_a_name_is_masked(name: str, shown: str) -> None:
    assert masked(name) == shown


async def test_only_who_agrees_is_shown_and_ranked_among_them(community: Community) -> None:
    board = await community.board()
    best, second = await community.member("张小明", agrees=False), await community.member("李华")
    await community.serve("2026-10-17", {best: 240, second: 60})
    await community.run(DUE)
    assert await community.places(board, "2026-10") == [(1, "李*", 10)]
    assert (await community.edition(board, "2026-10")).edition.participants == 2


async def test_consent_given_and_withdrawn_later_is_followed_at_once(community: Community) -> None:
    """S15. Nothing of the edition changes but what is displayed."""
    board, zhang = await community.board(), await community.member("张小明", agrees=False)
    await community.serve("2026-10-17", {zhang: 60})
    await community.run(DUE)
    before = await community.edition(board, "2026-10")
    assert before.standings == []
    await community.write(give_consent, zhang, Purpose.BOARDS, by=own(zhang))
    assert await community.places(board, "2026-10") == [(1, "张*明", 10)]
    await community.write(withdraw_consent, zhang, Purpose.BOARDS, by=own(zhang))
    assert await community.edition(board, "2026-10") == before


async def test_a_withdrawn_consent_leaves_the_live_board_too(community: Community) -> None:
    board, zhang = await community.board(), await community.member("张小明")
    await community.serve("2026-10-17", {zhang: 60})
    await community.run("2026-10-30 00:00")
    assert [line.display_name for line in (await community.read(running_period, board.id)).standings] == ["张*明"]
    await community.write(withdraw_consent, zhang, Purpose.BOARDS, by=own(zhang))
    running = await community.read(running_period, board.id)
    assert (running.standings, running.participants) == ([], 1)


async def test_another_consent_is_none_for_boards(community: Community) -> None:
    board, zhang = await community.board(), await community.member("张小明", agrees=False)
    for purpose in set(Purpose) - {Purpose.BOARDS}:
        await community.write(give_consent, zhang, purpose, by=SYSTEM)
    await community.serve("2026-10-17", {zhang: 60})
    await community.run(DUE)
    assert await community.places(board, "2026-10") == []


@pytest.mark.parametrize(
    ("born_on", "is_shown"),
    [(None, True), (date(1958, 1, 1), True), (date(2008, 11, 5), True), (date(2008, 11, 6), False)],
)
async def test_nobody_under_18_is_named(community: Community, born_on: date | None, is_shown: bool) -> None:
    """By the day on which the board is read; an unknown date of birth counts as of age."""
    board, young = await community.board(), await community.member("张小明", born_on=born_on)
    await community.serve("2026-10-17", {young: 60})
    await community.run(DUE)
    assert bool(await community.places(board, "2026-10")) is is_shown
    community.bank.clock.set(at("2026-11-06 00:00"))
    assert await community.places(board, "2026-10") == [(1, "张*明", 10)]


async def test_born_on_a_leap_day_one_is_of_age_in_march(community: Community) -> None:
    community.bank.clock.set(at("2030-02-01 09:00"))
    board = await community.board(publish_day=1)
    young = await community.member("张小明", born_on=date(2012, 2, 29))
    await community.serve("2030-02-01", {young: 60}, approved="2030-02-01 20:30")
    community.bank.clock.set(at("2030-02-28 12:00"))
    await community.run("2030-02-28 12:00")
    assert (await community.read(running_period, board.id)).standings == []
    await community.run("2030-03-01 09:00")
    assert await community.places(board, "2030-02") == [(1, "张*明", 10)]


async def test_a_closed_passbook_is_shown_no_more(community: Community) -> None:
    board, zhang = await community.board(), await community.member("张小明")
    await community.serve("2026-10-17", {zhang: 60})
    await community.run(DUE)
    await community.write(close_member, zhang, reason="去世", by=SYSTEM)
    assert await community.places(board, "2026-10") == []


async def test_the_list_ends_at_the_top_places(community: Community) -> None:
    board = await community.board(top=2)
    people = [await community.member(name) for name in ("张小明", "李小华", "王小美")]
    await community.serve("2026-10-17", dict(zip(people, (180, 120, 60), strict=True)))
    await community.run(DUE)
    assert await community.places(board, "2026-10") == [(1, "张*明", 30), (2, "李*华", 20)]


async def test_who_ties_with_the_last_place_is_shown_too(community: Community) -> None:
    board = await community.board(top=2)
    people = [await community.member(name) for name in ("王小美", "李小华", "张小明", "赵小四", "孙小五")]
    await community.serve("2026-10-17", dict(zip(people, (180, 120, 120, 120, 60), strict=True)))
    await community.run(DUE)
    assert await community.places(board, "2026-10") == [
        (1, "王*美", 30),
        (2, "李*华", 20),
        (2, "张*明", 20),
        (2, "赵*四", 20),
    ]


async def test_the_cut_is_among_those_who_are_shown(community: Community) -> None:
    board = await community.board(top=1)
    hidden, shown = await community.member("张小明", agrees=False), await community.member("李华")
    await community.serve("2026-10-17", {hidden: 180, shown: 60})
    await community.run(DUE)
    assert await community.places(board, "2026-10") == [(1, "李*", 10)]
