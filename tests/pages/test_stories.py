"""Stories lived through by the pages alone; only what a story presupposes is brought about over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Browser

from points_bank.actor import Role
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.settings import Settings
from tests.bank import Bank, Server, at
from tests.pages.counter import balance, tap
from tests.pages.office import enter, register
from tests.pages.reader import Reader, Site
from tests.pages.town import NOBODY, Town
from tests.serving import serving
from tests.stories.district import District
from tests.stories.test_s6_board import november
from tests.stories.test_s13_last_umbrella import people as people_with_400

pytestmark = pytest.mark.thorough

RECORDER, APPROVER, CLERK = "rong", "ping", "lan"


@pytest_asyncio.fixture(loop_scope="session")
async def town(application: Litestar, settings: Settings, browser: Browser) -> AsyncIterator[Town]:
    """An empty district, served, where a story begins."""
    clock = Clock(at("2026-10-12 10:00"))
    database = Database(settings, clock)
    async with serving(application, database) as address:
        server = Server(await Bank.on(database), address)
        site = Site(address, database, clock, NOBODY, browser)
        town = Town(await District.of(server), site)
        for login, role in ((RECORDER, Role.RECORDER), (APPROVER, Role.APPROVER), (CLERK, Role.CLERK)):
            await town.employ(login, role)
        yield town
        await server.close()
        await site.close()


async def logged(
    town: Town, when: str, *card_nos: str, role: str = "service", lead: bool = False, **fields: str
) -> None:
    """A sheet that one enters and the other approves, both on the same day."""
    await town.district.it_is(when)
    recorder, approver = await town.office(RECORDER), await town.office(APPROVER)
    await enter(recorder, *card_nos, role=role, lead=lead, on=when[:10], **fields)
    await approver.go("/staff/approvals")
    await approver.press("通过打勾的")
    await approver.reads("已通过 1 张")


async def test_s1_from_sign_up_to_first_goods(town: Town) -> None:
    district = town.district
    card_no = await register(await town.office(RECORDER), "陈大文")
    await logged(town, "2026-10-17 15:00", card_no, title="周六绿化", from_time="0830", until_time="1100")
    await logged(
        town, "2026-10-24 15:00", card_no, role="publicity", title="政策宣传", from_time="0900", until_time="0945"
    )
    await logged(town, "2026-11-07 15:00", card_no, title="楼道清洁", from_time="0830", until_time="1050")
    await logged(town, "2026-11-14 14:00", card_no, title="周六绿化", from_time="0830", until_time="1230", lead=True)
    desk_id = await district.desk()
    detergent = await district.reward("洗洁精", 80, desk_id=desk_id, quantity=5)

    await district.it_is("2026-11-16 09:00")
    recorder = await town.office(RECORDER)
    await recorder.go(f"/staff/members?q={card_no}")
    await recorder.page.get_by_role("link", name="陈大文").click()
    await recorder.press("打印密码条")
    pin = (await recorder.page.locator("p.big").inner_text()).replace(" ", "")
    phone = await town.phone(card_no, pin)
    await phone.reads("陈大文，可用积分", "55", "+45", "11月19日入账", "5小时35分")
    await phone.press("全部明细")
    await phone.reads("可用 55，公示中 45")
    tablet = await town.counter(CLERK, desk_id, card_no)
    assert await balance(tablet) == 55
    await tablet.reads("另有 45 分公示中", "满 100 分才能兑换", "还差 25 分")
    assert await tablet.page.locator("button.ware, #basket .main").count() == 0

    await district.it_is("2026-12-15 09:30")
    tablet = await town.counter(CLERK, desk_id, card_no)
    assert await balance(tablet) == 100
    await tap(tablet, detergent)
    await tablet.press("确认，扣 80 分")
    assert await balance(tablet) == 20
    await tablet.press("登记簿")
    await tablet.reads("12月15日登记簿", card_no[-4:], "−80", "领取人签名")
    await tablet.page.emulate_media(media="print")
    assert await tablet.page.locator("td.signature").is_visible()
    phone = await town.phone(card_no, pin)
    await phone.reads("20", "荣誉积分", "100", "9小时35分", "兑换：洗洁精", "−80")
    await phone.check()


async def test_s6_a_board_with_ties_privacy_and_a_late_entry(town: Town) -> None:
    district = town.district
    await district.it_is("2026-11-01 08:00")
    board, quarter = await district.board("month"), await district.board("quarter")
    people = await november(district)

    await district.it_is("2026-12-04 23:00")
    hall = await town.site.reader(width=360, height=740)
    hall.expected = {404}
    await hall.go(f"/boards/{board}/2026-11")
    await hall.misses("B*")
    await district.it_is("2026-12-05 09:40")
    await hall.go(f"/boards/{board}/2026-11")
    assert await standings(hall) == [("1", "B*", "90"), ("1", "F*", "90"), ("3", "H*", "55")]
    await hall.reads("共 5 人参与")
    await hall.check()
    for letter, place in (("A", "第 1 名"), ("G", "第 4 名")):
        phone = await town.phone_of(people[letter])
        await phone.go("/me/rank")
        await phone.reads("只有您自己看得到", place, "共 5 人", "榜单上没有您的名字")

    await district.it_is("2026-12-05 18:00")
    recorder = await town.office(RECORDER)
    await enter(
        recorder, people["H"]["card_no"], title="周六绿化", on="2026-11-28", from_time="0800", until_time="1200"
    )
    sheet = recorder.path.partition("?")[0]
    await district.it_is("2026-12-07 10:00")
    approver = await (await town.office(APPROVER)).go(sheet)
    await approver.page.locator("form[action$=approval] button").click()
    await approver.reads("公示中")
    await district.it_is("2026-12-11 00:00")
    await hall.page.reload()
    assert await standings(hall) == [("1", "B*", "90"), ("1", "F*", "90"), ("3", "H*", "55")]
    await district.it_is("2027-01-05 09:00")
    await hall.go(f"/boards/{quarter}/2026-Q4")
    assert await standings(hall) == [("1", "H*", "95"), ("2", "B*", "90"), ("2", "F*", "90")]


async def test_s13_the_last_umbrella(town: Town) -> None:
    district = town.district
    *_, q, r = await people_with_400(district)
    desk_id = await district.desk()
    umbrella = await district.reward("雨伞", 200, desk_id=desk_id, quantity=1)
    await district.it_is("2026-12-15 09:30")
    counters = [await town.counter(CLERK, desk_id, member["card_no"]) for member in (q, r)]
    for counter in counters:
        counter.expected = {409}
        await tap(counter, umbrella)
    await asyncio.gather(*(counter.press("确认，扣 200 分") for counter in counters))
    served = ["/slips/" in counter.path for counter in counters]
    assert sorted(served) == [False, True]
    winner, loser = counters[served.index(True)], counters[served.index(False)]
    assert await loser.page.locator("[data-code=out_of_stock]").count() == 1
    await loser.reads("已兑完")
    assert await balance(loser) == 400
    await loser.page.locator(f"button.ware[value='{umbrella}']").click()
    await loser.page.get_by_text("已登记候补").wait_for()

    await district.it_is("2026-12-16 09:30")
    desk = await town.office(CLERK, width=1024, height=768)
    await desk.go(winner.path)
    await desk.press("撤销这一笔")
    await desk.page.locator("[name=reason]").last.check()
    await desk.page.locator("main details summary").click()
    await desk.fill(**{f"damaged-{umbrella}": "1"})
    await desk.press("撤销这一笔")
    await desk.reads("已取消", "+200")
    assert await balance(desk) == 400
    await desk.check()


async def test_s15_a_withdrawn_consent_takes_the_name_off_at_once(town: Town) -> None:
    district = town.district
    board = await district.board("month")
    people = {
        name: await district.member(name, consents=("records", "boards"), born_on="1960-01-01")
        for name in ("孙明远", "何小红")
    }
    await district.it_is("2026-11-20 19:00")
    for name, end in (("孙明远", "12:00"), ("何小红", "11:00")):
        await district.approve(await district.log([people[name]["id"]], "2026-11-20 08:00", end, title=name))
    await district.it_is("2026-12-08 09:00")
    hall = await town.site.reader(width=360, height=740)
    await hall.go(f"/boards/{board}/2026-11")
    assert await standings(hall) == [("1", "孙*远", "40"), ("2", "何*红", "30")]

    phone = await town.phone_of(people["孙明远"])
    await phone.press("我的资料与同意")
    await phone.press("撤回：姓名上榜")
    await phone.reads("没有同意")
    await hall.page.reload()
    assert await standings(hall) == [("1", "何*红", "30")]
    await hall.go(f"/boards/{board}/2026-11/poster")
    await hall.misses("孙*远")
    await hall.reads("何*红")
    await phone.press("榜单")
    await phone.reads("第 1 名", "共 2 人", "榜单上没有您的名字")


async def standings(hall: Reader) -> list[tuple[str, str, str]]:
    """The lines of a board as they are shown: rank, name, points."""
    lines = []
    for row in await hall.page.locator("table.standings tbody tr").all():
        rank, name, _, points = await row.locator("td").all_inner_texts()
        lines.append((rank, name, points))
    return lines
