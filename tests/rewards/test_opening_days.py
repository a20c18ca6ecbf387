"""When a desk hands out: days of the month and the week, put off by holidays, and hours."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from points_bank.actor import Role
from points_bank.rewards.opening_days import Opening, Shift, opening_days
from tests.bank import Bank, Server, at
from tests.redemptions.shop import Shop, open_shop, refusal

FIFTEENTH: dict[str, Any] = {
    "days_of_month": [15], "weekdays": [], "shift": "next_working_day",
    "hours": [["09:00", "11:30"], ["14:30", "17:00"]],
}  # fmt: skip
HOURS = ((time(9), time(11, 30)),)


async def days(bank: Bank, opening: Opening, from_on: date, most: int) -> list[date]:
    found = await bank.database.read(opening_days, opening, from_on=from_on, most=most)
    return [day.on for day in found]


async def test_the_15th_or_the_next_working_day(bank: Bank) -> None:
    opening = Opening.from_json(FIFTEENTH)
    # 15 November 2026 is a Sunday, 15 August a Saturday.
    found = await days(bank, opening, date(2026, 8, 1), 5)
    assert found == [date(2026, 8, 17), date(2026, 9, 15), date(2026, 10, 15), date(2026, 11, 16), date(2026, 12, 15)]
    # On the day itself and after it.
    assert await days(bank, opening, date(2026, 11, 16), 1) == [date(2026, 11, 16)]
    assert await days(bank, opening, date(2026, 11, 17), 1) == [date(2026, 12, 15)]


async def test_a_holiday_puts_off_and_two_days_may_become_one(bank: Bank) -> None:
    # From 1 to 7 October 2026 the district is off.
    opening = Opening((1, 5), (), Shift.NEXT_WORKING_DAY, HOURS)
    assert await days(bank, opening, date(2026, 9, 30), 2) == [date(2026, 10, 8), date(2026, 11, 2)]
    unmoved = Opening((1, 5), (), Shift.NONE, HOURS)
    assert await days(bank, unmoved, date(2026, 9, 30), 2) == [date(2026, 10, 1), date(2026, 10, 5)]
    whole = await bank.database.read(opening_days, opening, from_on=date(2026, 10, 8), most=1)
    assert whole[0].put_off_from == date(2026, 10, 1)


async def test_the_31st_is_the_last_of_the_month_and_weekdays_count_from_monday(bank: Bank) -> None:
    last = Opening((31,), (), Shift.NONE, HOURS)
    assert await days(bank, last, date(2027, 1, 30), 4) == [
        date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)
    ]  # fmt: skip
    both = Opening((15,), (6, 1), Shift.NONE, HOURS)
    assert await days(bank, both, date(2026, 12, 13), 4) == [
        date(2026, 12, 14), date(2026, 12, 15), date(2026, 12, 19), date(2026, 12, 21)
    ]  # fmt: skip


@pytest.fixture
async def shop(server: Server) -> Shop:
    """A shop whose desk opens on the 15th."""
    shop = await open_shop(server)
    root = await server.as_staff(Role.ADMINISTRATOR)
    answer = await root.patch(f"/desks/{shop.desk.id}", json={"opening": FIFTEENTH})
    assert answer.json()["opening"] == FIFTEENTH
    return shop


@pytest.mark.parametrize(
    ("now", "opens_on", "opens_from"),
    [
        ("2026-11-15 10:00", "2026-11-16", "09:00"),
        ("2026-11-16 08:59", "2026-11-16", "09:00"),
        ("2026-11-16 11:30", "2026-11-16", "14:30"),
        ("2026-11-16 17:00", "2026-12-15", "09:00"),
    ],
)
async def test_a_closed_desk_says_when_it_opens(shop: Shop, now: str, opens_on: str, opens_from: str) -> None:
    shop.now(now)
    member, soap = await shop.member(300), await shop.reward(50)
    for path in ("/redemptions", "/redemptions/preview"):
        answer = await shop.order(path, member.id, (soap, 1))
        assert refusal(answer) == (409, "desk_closed")
        assert answer.json()["fields"] == {"opens_on": opens_on, "opens_from": opens_from}
    assert await shop.spendable(member.id) == 300


async def test_within_its_hours_it_hands_out(shop: Shop) -> None:
    member, soap = await shop.member(300), await shop.reward(50)
    for now in ("2026-11-16 09:00", "2026-11-16 11:29", "2026-11-16 14:30"):
        shop.now(now)
        assert (await shop.redeem(member.id, (soap, 1))).status_code == 201


async def test_a_closed_desk_takes_reservations_and_cancels_but_hands_nothing_out(shop: Shop) -> None:
    shop.now("2026-11-12 10:00")
    member, soap = await shop.member(300), await shop.reward(50)
    reserved = (await shop.reserve(member.id, (soap, 1))).json()
    other = (await shop.reserve(member.id, (soap, 1))).json()
    assert refusal(await shop.collect(reserved["id"], reserved["code"])) == (409, "desk_closed")
    assert (await shop.cancel(other["id"])).status_code == 200
    shop.now("2026-11-16 10:00")
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200


@pytest.mark.parametrize(
    ("now", "until"),
    [
        # 30 days from then are over before the desk opens; on a day on which it opens; and after it closed on that day.
        ("2027-01-15 17:30", "2027-02-15 17:00"),
        ("2027-01-16 10:00", "2027-02-15 17:00"),
        ("2027-01-16 16:30", "2027-02-15 17:00"),
        ("2027-01-16 18:00", "2027-03-15 17:00"),
    ],
)
async def test_a_reservation_lasts_until_the_desk_has_opened(shop: Shop, now: str, until: str) -> None:
    shop.now(now)
    member, soap = await shop.member(300), await shop.reward(50)
    reserved = (await shop.reserve(member.id, (soap, 1))).json()
    assert abs(datetime.fromisoformat(reserved["expires_at"]) - at(until)) < timedelta(minutes=1)
    shop.now(until.replace("17:00", "16:30"))
    assert ("reservations", 1) not in await shop.due()
    assert (await shop.collect(reserved["id"], reserved["code"])).status_code == 200


@pytest.mark.parametrize(
    ("days", "shift"),
    [
        ({"days_of_month": [15]}, "next_working_day"),
        ({"days_of_month": [15], "weekdays": [1]}, "next_working_day"),
        ({"weekdays": [6]}, "none"),
        ({"days_of_month": [15], "shift": "none"}, "none"),
    ],
)
async def test_days_of_the_month_are_put_off_where_nothing_is_said(
    shop: Shop, days: dict[str, Any], shift: str
) -> None:
    root = await shop.server.as_staff(Role.ADMINISTRATOR)
    body = {"opening": {"hours": FIFTEENTH["hours"], **days}}
    assert (await root.patch(f"/desks/{shop.desk.id}", json=body)).json()["opening"]["shift"] == shift


async def test_the_next_days_are_told_to_everybody(shop: Shop) -> None:
    shop.now("2026-11-12 10:00")
    member = await shop.member()
    for client in (shop.clerk, await shop.as_member(member.id)):
        told = (await client.get(f"/desks/{shop.desk.id}/opening-days", params={"limit": 2})).json()
        hours = FIFTEENTH["hours"]
        assert told == {
            "is_always_open": False,
            "items": [
                {"on": "2026-11-16", "hours": hours, "put_off_from": "2026-11-15"},
                {"on": "2026-12-15", "hours": hours, "put_off_from": None},
            ],
        }
    later = (await shop.clerk.get(f"/desks/{shop.desk.id}/opening-days", params={"from_on": "2027-03-01"})).json()
    assert [later["items"][0]["on"], len(later["items"])] == ["2027-03-15", 12]
    stranger = await shop.server.as_staff(Role.CLERK, branch=await shop.server.bank.branch("泰和"))
    assert (await stranger.get(f"/desks/{shop.desk.id}/opening-days")).status_code == 404


async def test_a_desk_can_be_opened_for_always_again(shop: Shop) -> None:
    root = await shop.server.as_staff(Role.ADMINISTRATOR)
    unchanged = (await root.patch(f"/desks/{shop.desk.id}", json={"name": "新兑换点"})).json()
    assert (unchanged["name"], unchanged["opening"]) == ("新兑换点", FIFTEENTH)
    changed = (await root.patch(f"/desks/{shop.desk.id}", json={"opening": None})).json()
    assert (changed["name"], changed["opening"]) == ("新兑换点", None)
    told = (await shop.clerk.get(f"/desks/{shop.desk.id}/opening-days")).json()
    assert told == {"is_always_open": True, "items": []}
    member, soap = await shop.member(300), await shop.reward(50)
    assert (await shop.redeem(member.id, (soap, 1))).status_code == 201
