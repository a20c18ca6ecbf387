"""Goods on a member's phone: reserving with a code, cancelling, saving for one, waiting for what is sold out."""

import io

import pytest
import pytest_asyncio
from PIL import Image

from points_bank.actor import SYSTEM, Role
from points_bank.redemptions.reservation import reservation_code
from points_bank.rewards.pictures import keep_picture, made_anew
from tests.bank import at
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


@pytest_asyncio.fixture(loop_scope="session")
async def member(phone: Reader) -> Reader:
    """The demo's member, who can have most things, on the page of goods."""
    await phone.sign_in_as_member()
    return await phone.go("/me/goods")


async def test_goods_with_and_without_a_picture_stand_in_one_row(site: Site, member: Reader) -> None:
    assert await member.page.locator("main .picture").count() == 0
    drawn = io.BytesIO()
    Image.new("RGB", (600, 300), "green").save(drawn, "PNG")
    soap = int((await member.page.locator("li[id^=reward-]", has_text="香皂").get_attribute("id") or "")[7:])
    await site.database.write(keep_picture, soap, picture=made_anew(drawn.getvalue()), by=SYSTEM)
    await member.go("/me/goods")
    shown = member.page.locator(f"#reward-{soap} img")
    assert await shown.bounding_box() == {**(await shown.bounding_box() or {}), "width": 64, "height": 64}
    await member.page.wait_for_function("document.querySelector('li img').naturalWidth === 600")
    assert await member.page.locator("main .picture.blank").first.inner_text() != ""
    await member.check()
    await member.go(f"/me/goods/{soap}?desk=1")
    assert await member.page.get_by_alt_text("香皂的图片").count() == 1
    await member.check()
    desk = await site.reader(width=768, height=1024)
    await desk.sign_in(site.login(Role.CLERK))
    await desk.go("/desk/1")
    await desk.fill(q=site.demo.member.card_no)
    await desk.page.keyboard.press("Enter")
    await desk.page.wait_for_url("**/members/*")
    assert await desk.page.locator(".ware img").count() == 1
    await desk.check()


async def balance(reader: Reader) -> int:
    """What the passbook says can be spent."""
    await reader.go("/me")
    return int(await reader.page.locator(".balance .big").inner_text())


async def test_reserving_shows_a_code_and_cancelling_gives_the_points_back(member: Reader) -> None:
    before = await balance(member)
    await member.go("/me/goods")
    await member.reads(f"可用 {before} 分", "凤岭社区兑换点", "再攒一攒", "暂时没货")
    await member.check()
    await member.press("预约：抽纸（3包）")
    await member.reads("80", "换一份后剩", str(before - 80), "30 天")
    await member.check()
    await member.press("预约")
    await member.reads("预约好了，已留出 80 分", "抽纸", "最晚12月16日来取")
    redemption_id = int(member.path.partition("?")[0].rpartition("/")[2])
    code = await member.site.database.read(reservation_code, redemption_id)
    await member.reads(f"{code[:3]} {code[3:]}")
    await member.check()
    assert await balance(member) == before - 80
    await member.go(f"/me/reservations/{redemption_id}")
    await member.page.locator("summary").click()
    await member.press("取消预约")
    await member.reads("80 分已退回存折")
    assert await balance(member) == before


async def test_too_many_are_refused_and_what_was_typed_stays(member: Reader) -> None:
    member.expected = {409, 422}
    before = await balance(member)
    await member.go("/me/goods")
    await member.press("预约：香皂")
    await member.fill(quantity="4")
    await member.press("预约")
    assert await member.page.locator("[data-code=redemption_limit]").count() == 1
    assert await member.page.locator("main [name=quantity]").input_value() == "4"
    await member.page.evaluate("document.querySelector('main form').noValidate = true")
    await member.fill(quantity="0")
    await member.press("预约")
    assert await member.page.locator("[aria-invalid=true]").get_attribute("name") == "quantity"
    assert await balance(member) == before


async def test_sent_twice_it_is_reserved_once(member: Reader) -> None:
    before = await balance(member)
    await member.go("/me/goods")
    await member.press("预约：香皂")
    typed = await member.page.evaluate("Object.fromEntries(new FormData(document.querySelector('main form')))")
    answers = [
        await member.context.request.post(f"{member.site.address}/me/reservations", form=typed | changed)
        for changed in ({}, {}, {"quantity": "2"})
    ]
    assert answers[0].url == answers[1].url
    assert answers[2].status == 422
    assert "已经办好一次了" in await answers[2].text()
    assert await balance(member) == before - 50


async def test_who_comes_back_to_the_page_is_told_that_it_is_done(member: Reader) -> None:
    await member.press("预约：香皂")
    await member.press("预约")
    await member.page.go_back()
    await member.reads("您已经预约过了", "再预约一次")


async def test_a_goal_is_kept(member: Reader) -> None:
    have = await balance(member)
    await member.go("/me/goods")
    await member.press("攒它：食用油（5升）")
    await member.reads("我在攒：食用油（5升）", f"已攒 {have} / 850，还差 {850 - have}", "正在攒")
    await member.check()
    await member.go("/me")
    await member.reads("食用油（5升）", f"还差 {850 - have}")
    await member.go("/me/goods")
    await member.press("攒它：大米（5公斤）")
    await member.reads("我在攒：大米（5公斤）")
    await member.press("不攒这个了")
    await member.misses("我在攒")


async def test_waiting_for_what_is_sold_out_and_leaving_the_line(member: Reader) -> None:
    await member.press("到货告诉我：洗车券")
    await member.reads("您排第")
    await member.press("不等了：洗车券")
    await member.misses("您排第")


async def test_a_reservation_that_ran_out_says_so(member: Reader) -> None:
    await member.press("预约：香皂")
    await member.press("预约")
    path = member.path.partition("?")[0]
    member.site.clock.set(at("2027-01-20 09:00"))
    await member.sign_in_as_member()
    await member.go(path)
    await member.reads("50 分已退回存折")
    assert await member.page.locator(".digits").count() == 0


async def test_reserving_by_keyboard_without_scripts(site: Site) -> None:
    reader = await site.reader(has_scripts=False, width=360, height=740)
    await reader.sign_in_as_member()
    await reader.go("/me/goods/1?desk=1")
    await reader.page.locator("main [name=quantity]").focus()
    await reader.page.keyboard.press("Tab")
    await reader.page.keyboard.press("Enter")
    await reader.page.wait_for_url("**/me/reservations/*")
    await reader.reads("预约好了")


async def test_what_is_not_there_is_a_page(member: Reader) -> None:
    member.expected = {404, 422}
    for path in ("/me/goods?desk=999", "/me/goods/999?desk=1", "/me/goods/1", "/me/reservations/1", "/me/goods?desk=x"):
        await member.go(path)
        assert await member.page.locator("[data-code]").count() == 1
