"""The month's close: what belongs to which month, however late the bank looks, and once."""

import asyncio

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM
from points_bank.database import Database
from points_bank.errors import Invalid, NotFound
from points_bank.i18n import Language, tell
from points_bank.reports import closing
from points_bank.reports.checks import CHECKS
from points_bank.reports.closing import check_month, read_for_close
from points_bank.reports.reading import Report, read_report
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import Bank, at
from tests.redemptions.shop import NEXT_YEAR, THIS_YEAR, Shop
from tests.tampering import let_change

OWN = ("opening_points", "issued_points", "reversed_points", "redeemed_points", "lapsed_points", "closing_points")


async def report(shop: Shop, period: str) -> Report:
    found: Report = await shop.read(read_report, period, branch_id=shop.server.bank.district.id, by=SYSTEM)
    return found


async def figures(shop: Shop, period: str) -> tuple[int, ...]:
    """Opening, issued, reversed, redeemed, lapsed, closing."""
    total = {str(figure): value for figure, value in (await report(shop, period)).total.figures.items()}
    return tuple(total[name] for name in OWN)


async def look(shop: Shop, when: str) -> None:
    shop.now(when)
    await run_due(shop.server.bank.database)


async def test_a_month_hands_on_to_the_next(shop: Shop) -> None:
    shop.now("2026-10-20 10:00")
    member = await shop.member(300)
    reward_id = await shop.reward(80)
    await look(shop, "2026-11-01 00:10")
    await shop.redeem(member.id, (reward_id, 1))
    await look(shop, "2026-12-01 00:10")
    assert await figures(shop, "2026-10") == (0, 300, 0, 0, 0, 300)
    assert await figures(shop, "2026-11") == (300, 0, 0, 80, 0, 220)


async def test_what_is_done_after_midnight_belongs_to_the_next_month(shop: Shop) -> None:
    """The job looks some seconds late; a desk may be faster."""
    shop.now("2026-10-20 10:00")
    member = await shop.member(300)
    reward_id = await shop.reward(80)
    shop.now("2026-10-31 23:59")
    await shop.redeem(member.id, (reward_id, 1))
    shop.now("2026-11-01 00:01")
    await shop.redeem(member.id, (reward_id, 1))
    await look(shop, "2026-11-01 00:10")
    assert await figures(shop, "2026-10") == (0, 300, 0, 80, 0, 220)
    await look(shop, "2026-12-01 00:10")
    assert await figures(shop, "2026-11") == (220, 0, 0, 80, 0, 140)


async def test_a_lapse_at_the_years_end_belongs_to_december(shop: Shop) -> None:
    """Booked on 1 January, by a job that may come days late."""
    shop.now("2026-12-10 10:00")
    member = await shop.member(100, lapses_on=THIS_YEAR)
    await shop.grant(member.id, 60, lapses_on=NEXT_YEAR)
    await look(shop, "2027-01-09 10:00")
    assert await figures(shop, "2026-12") == (0, 160, 0, 0, 100, 60)
    await look(shop, "2027-02-01 00:10")
    assert await figures(shop, "2027-01") == (60, 0, 0, 0, 0, 60)


async def test_what_is_held_is_owed_until_it_is_collected(shop: Shop) -> None:
    shop.now("2026-10-20 10:00")
    member = await shop.member(300)
    reward_id = await shop.reward(80)
    first = (await shop.reserve(member.id, (reward_id, 1))).json()
    await shop.reserve(member.id, (reward_id, 1))
    await look(shop, "2026-11-01 00:10")
    assert await figures(shop, "2026-10") == (0, 300, 0, 0, 0, 300)
    body = {"desk_id": shop.desk.id, "code": first["code"]}
    collected = await shop.clerk.post(
        f"/reservations/{first['id']}/collection", json=body, headers={"Idempotency-Key": "collect"}
    )
    assert collected.status_code == 200
    await look(shop, "2026-12-01 00:10")
    assert await figures(shop, "2026-11") == (300, 0, 0, 80, 0, 220), "the other ran out and came back"


async def test_a_correction_after_the_close_appears_in_the_next_month(shop: Shop) -> None:
    shop.now("2026-10-20 10:00")
    member = await shop.member(20)
    award_id = await shop.grant(member.id, 40)
    await look(shop, "2026-11-01 00:10")
    before = await report(shop, "2026-10")
    await shop.take_back(member.id, 30, of=award_id)
    await look(shop, "2026-12-01 00:10")
    assert await report(shop, "2026-10") == before
    assert await figures(shop, "2026-11") == (60, 0, 30, 0, 0, 30)


async def test_after_months_of_downtime_each_month_is_closed_as_it_would_have_been(shop: Shop) -> None:
    shop.now("2026-10-20 10:00")
    await shop.member(100, lapses_on=THIS_YEAR)
    await shop.member(50)
    await look(shop, "2027-03-03 03:00")
    found = [await figures(shop, month) for month in ("2026-10", "2026-11", "2026-12", "2027-01", "2027-02")]
    assert found == [
        (0, 150, 0, 0, 0, 150),
        (150, 0, 0, 0, 0, 150),
        (150, 0, 0, 0, 100, 50),
        *[(50, 0, 0, 0, 0, 50)] * 2,
    ]


async def test_a_bank_with_much_in_its_books_begins_with_the_month_that_ended_last(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that comes from a version without closes does not close years of months first."""
    monkeypatch.setattr(closing, "MANY_TRANSFERS", 2)
    shop.now("2026-10-20 10:00")
    member = await shop.member(300)
    await shop.member(50)
    reward_id = await shop.reward(80)
    shop.now("2027-02-10 10:00")
    await shop.redeem(member.id, (reward_id, 1))
    await look(shop, "2027-03-01 00:10")
    assert await figures(shop, "2027-02") == (350, 0, 0, 80, 0, 270)
    with pytest.raises(NotFound):
        await report(shop, "2027-01")
    await look(shop, "2027-04-01 00:10")
    assert await figures(shop, "2027-03") == (270, 0, 0, 0, 0, 270)


@pytest.mark.racing
async def test_several_who_look_at_once_close_once(shop: Shop, settings: Settings) -> None:
    shop.now("2026-10-20 10:00")
    await shop.member(100)
    shop.now("2026-11-01 00:10")
    async with Database(settings, shop.server.bank.clock) as other:
        databases = (shop.server.bank.database, other)
        looks = await asyncio.gather(*(run_due(each) for each in databases for _ in range(3)))
    assert [done.failure for each in looks for done in each] == [None] * sum(map(len, looks))
    assert sum(done.job == "close" for each in looks for done in each) == 1


async def test_who_comes_to_read_a_month_that_was_closed_meanwhile_reads_nothing(shop: Shop) -> None:
    shop.now("2026-10-20 10:00")
    await shop.member(100)
    shop.now("2026-11-01 00:10")
    await run_due(shop.server.bank.database)
    due_at = at("2026-11-01 00:00")
    assert (await shop.server.bank.database.read(read_for_close, None, due_at=due_at)).is_whole


async def test_nothing_is_closed_before_anything_is_in_the_books(bank: Bank) -> None:
    bank.clock.set(at("2027-05-05 05:05"))
    assert await run_due(bank.database) == []
    with pytest.raises(NotFound) as refusal:
        await bank.database.read(read_report, "2026-11", branch_id=bank.district.id, by=SYSTEM)
    assert tell(refusal.value, Language.CHINESE) == "2026-11 还没有结账，所以没有月报。可以查某一周，如 2026-W46。"


@pytest.mark.parametrize("name", ["2026-10", "2027-01", "2026-W40", "2026", "2026-13", "soon"])
async def test_only_a_month_that_is_over_can_be_asked_to_be_closed(bank: Bank, name: str) -> None:
    with pytest.raises(Invalid):
        await bank.database.read(check_month, name)


class Looked(Exception):
    """Ends a write act that only looked, so that nothing of it is kept."""


PLANTED = [
    ("UPDATE report_figure SET value = value + 5 WHERE figure = 'issued_points'", "transfers say 300"),
    ("UPDATE report_figure SET value = value + 5 WHERE figure = 'closing_points'", "lots and holds less deficits say"),
    ("DELETE FROM report_figure WHERE figure = 'opening_points'", "opens -300 off"),
    ("UPDATE report_figure SET value = value + 5 WHERE figure = 'opening_points'", "is off by 5"),
]


@pytest.mark.parametrize(("planted", "said"), PLANTED)
async def test_a_wrong_figure_is_found(shop: Shop, planted: str, said: str) -> None:
    shop.now("2026-10-20 10:00")
    await shop.member(300)
    await look(shop, "2026-12-01 00:10")
    found: list[str] = []

    def spoil(tx: Transaction) -> None:
        let_change(tx, "report_figure")
        tx.run(sa.text(planted))
        found.extend(difference for check in CHECKS for difference in check.differences(tx))
        raise Looked

    with pytest.raises(Looked):
        await shop.write(spoil)
    assert any(said in each for each in found), found
