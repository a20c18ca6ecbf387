"""Whole numbers are not guessed: whoever types too many that nobody has waits, and is told nothing meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest
from stdnum.iso7064 import mod_11_10

from points_bank.actor import Role, Task
from points_bank.errors import NotFound, TooManyTries
from points_bank.gifts.donating import donate_own
from points_bank.imports.api import try_out
from points_bank.imports.incoming import Sending
from points_bank.imports.models import FileKind
from points_bank.members.finding import member_by_card
from points_bank.members.search import find_by_card
from tests.bank import Server, at
from tests.imports.files import csv_of
from tests.members.conftest import Estates, own
from tests.stories.district import District, get, post

MOST = 20
SHEET = ["活动名称", "角色", "日期", "开始时间", "结束时间", "卡号"]


def nobodys_cards() -> Iterator[str]:
    """Numbers with a right check digit that hardly anybody has."""
    for number in range(100_000_000, 100_000_000 + 10 * MOST):
        yield f"{number}{mod_11_10.calc_check_digit(str(number))}"


async def test_after_too_many_cards_that_nobody_has_a_right_one_tells_nothing_either(estates: Estates) -> None:
    member, cards = await estates.member(), nobodys_cards()
    for _ in range(MOST - 1):
        assert await estates.write(find_by_card, next(cards), by=estates.clerk) == []
    assert await estates.write(find_by_card, member.card_no, by=estates.clerk)
    with pytest.raises(NotFound):
        await estates.write(member_by_card, next(cards), task=Task.SERVE, by=estates.clerk)
    for act in (find_by_card, member_by_card):
        asked: dict[str, Any] = {"task": Task.SERVE} if act is member_by_card else {}
        with pytest.raises(TooManyTries) as caught:
            await estates.write(act, member.card_no, by=estates.clerk, **asked)
        assert 0 < caught.value.fields["retry_after_seconds"] <= 15 * 60
    colleague = await estates.bank.staff(Role.CLERK, branch=estates.home)
    assert await estates.write(find_by_card, member.card_no, by=colleague)
    estates.bank.clock.set(at("2026-10-12 09:16"))
    assert await estates.write(find_by_card, member.card_no, by=estates.clerk)


async def test_a_member_who_gives_cannot_try_cards_either(estates: Estates) -> None:
    giver, cards = await estates.member(), nobodys_cards()
    for _ in range(MOST):
        with pytest.raises(NotFound):
            await estates.write(donate_own, points=10, to=next(cards), by=own(giver.id))
    with pytest.raises(TooManyTries):
        await estates.write(donate_own, points=10, to=(await estates.member()).card_no, by=own(giver.id))


async def test_a_sheet_in_a_file_is_no_way_around(estates: Estates) -> None:
    """A dry run, too; and a long list of them makes no longer wait than one round."""
    rows = [["清洁", "服务", "2026-10-11", "8:30", "11:00", card] for card in nobodys_cards()]
    sending = Sending(kind=FileKind.SHEET, branch_id=estates.home.id, name="x.csv")
    outcome = await try_out(estates.bank.database, csv_of([SHEET, *rows]), sending, by=estates.recorder)
    assert outcome.refused_rows == len(rows)
    with pytest.raises(TooManyTries) as caught:
        await try_out(estates.bank.database, csv_of([SHEET, rows[0]]), sending, by=estates.recorder)
    assert caught.value.fields["retry_after_seconds"] <= 15 * 60
    with pytest.raises(TooManyTries):
        await estates.write(find_by_card, next(nobodys_cards()), by=estates.recorder)


async def test_nor_is_looking_a_sheet_over(server: Server) -> None:
    district, cards = await District.of(server), nobodys_cards()
    sheet = {
        "branch_id": district.community.id, "role": "service", "title": "清洁",
        "started_at": "2026-10-11T08:00:00+08:00", "ended_at": "2026-10-11T09:00:00+08:00",
    }  # fmt: skip
    for _ in range(MOST):
        lines = {"participations": [{"card_no": next(cards)}]}
        await post(district.recorder, "/activities/preview", sheet | lines, status=404)
    lines = {"participations": [{"card_no": next(cards)}]}
    await post(district.recorder, "/activities/preview", sheet | lines, status=429)
    await get(district.recorder, "/members", q=next(cards), status=429)
