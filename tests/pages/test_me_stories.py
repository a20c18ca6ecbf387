"""Stories S1 and S15 as a member lives through them on the phone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser

from points_bank.clock import Clock
from points_bank.demo.filling import DemoDistrict, Figures, SampleMember
from points_bank.settings import Settings
from tests.bank import Bank, Server, at
from tests.pages.conftest import serving
from tests.pages.reader import Reader, Site
from tests.stories.district import District, post

NOBODY = DemoDistrict("", at("2026-10-12 10:00"), "", [], SampleMember(0, "", "", ""), Figures(0, 0, 0, 0, 0, 0))
"""There is no demo in these banks."""


@dataclass
class Story:
    district: District
    site: Site

    async def phone_of(self, person: dict[str, Any]) -> Reader:
        """A phone on which somebody has signed in with the PIN from the desk."""
        slip = await post(self.district.clerk, f"/members/{person['id']}/pin", status=201)
        phone = await self.site.reader(width=360, height=740)
        await phone.go("/sign-in")
        await phone.fill(number=person["card_no"], pin=slip["pin"])
        await phone.press("打开")
        return phone


@pytest_asyncio.fixture(loop_scope="session")
async def story(settings: Settings, browser: Browser) -> AsyncIterator[Story]:
    """An empty district, served, where the story begins."""
    clock = Clock(at("2026-10-12 10:00"))
    async with serving(settings, clock) as (database, address):
        server = Server(await Bank.on(database), address)
        site = Site(address, database, clock, NOBODY, browser)
        yield Story(await District.of(server), site)
        await server.close()
        await site.close()


async def test_s1_from_sign_up_to_first_goods(story: Story) -> None:
    district = story.district
    resident = await district.member("陈大文", born_on="1958-03-02")
    for entered, start, end, role, lead in (
        ("2026-10-17 15:00", "2026-10-17 08:30", "11:00", "service", False),
        ("2026-10-24 15:00", "2026-10-24 09:00", "09:45", "publicity", False),
        ("2026-11-07 15:00", "2026-11-07 08:30", "10:50", "service", False),
        ("2026-11-14 14:00", "2026-11-14 08:30", "12:30", "service", True),
    ):
        await district.it_is(entered)
        await district.approve(await district.log([resident["id"]], start, end, role=role, is_lead=lead))
    desk_id = await district.desk()
    detergent = await district.reward("洗洁精", 80, desk_id=desk_id, quantity=5)

    await district.it_is("2026-11-16 09:00")
    phone = await story.phone_of(resident)
    await phone.reads("陈大文，可用积分", "55", "+45", "11月19日入账", "5小时35分")
    await phone.press("全部明细")
    await phone.reads("可用 55，公示中 45")
    await phone.go("/me/goods")
    await phone.reads("再攒 45 分就可以换东西了")
    phone.expected = {409}
    await phone.go(f"/me/goods/{detergent}?desk={desk_id}")
    await phone.press("预约")
    await phone.reads("100", "55")
    assert await phone.page.locator("[data-code=below_redemption_minimum]").count() == 1

    await district.it_is("2026-12-15 09:30")
    await district.redeem(resident, desk_id, detergent)
    await phone.go("/me")
    await phone.reads("20", "荣誉积分", "100", "9小时35分", "兑换：洗洁精", "−80")
    await phone.check()


async def test_s15_a_withdrawn_consent_takes_the_name_off_at_once(story: Story) -> None:
    district = story.district
    board = await district.board("month")
    people = {
        name: await district.member(name, consents=("records", "boards"), born_on="1960-01-01")
        for name in ("孙明远", "何小红")
    }
    await district.it_is("2026-11-20 19:00")
    for name, end in (("孙明远", "12:00"), ("何小红", "11:00")):
        await district.approve(await district.log([people[name]["id"]], "2026-11-20 08:00", end, title=name))
    await district.it_is("2026-12-08 09:00")
    hall = await story.site.reader(width=360, height=740)
    await hall.go(f"/boards/{board}/2026-11")
    await hall.reads("孙*远", "何*红")

    phone = await story.phone_of(people["孙明远"])
    await phone.press("我的资料与同意")
    await phone.press("撤回：姓名上榜")
    await phone.reads("没有同意")
    await hall.page.reload()
    await hall.misses("孙*远")
    await hall.reads("何*红")
    await phone.press("榜单")
    await phone.reads("第 1 名", "共 2 人", "榜单上没有您的名字")
