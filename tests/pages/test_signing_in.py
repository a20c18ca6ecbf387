"""Signing in and out with a browser, the language and the size, and the browsers one is signed in with."""

import pytest

from tests.bank import at
from tests.pages.reader import Reader, Site


async def test_a_member_opens_the_passbook_with_card_and_pin(phone: Reader) -> None:
    await phone.go("/sign-in?next=/sessions")
    await phone.fill(number=phone.site.demo.member.card_no, pin=phone.site.demo.member.pin)
    await phone.press("打开")
    assert phone.path == "/sessions"


async def test_staff_sign_in_and_out(site: Site) -> None:
    office = await site.reader()
    await office.sign_in("lin")
    await office.press("退出")
    await office.misses("退出")
    await office.go("/sessions")
    assert office.path == "/sign-in?next=%2Fsessions"


async def test_who_was_sent_to_sign_in_goes_on_to_where_they_wanted(site: Site) -> None:
    office = await site.reader()
    await office.go("/sessions")
    await office.press("工作人员登录")
    await office.fill(login="lin", password=site.demo.password)
    await office.press("登录")
    assert office.path == "/sessions"


@pytest.mark.parametrize("wrong", [{"number": "8579836536", "pin": "000000"}, {"number": "13800000000", "pin": "1"}])
async def test_a_wrong_pin_and_an_unknown_number_are_answered_alike(phone: Reader, wrong: dict[str, str]) -> None:
    phone.expected = {401}
    await phone.go("/sign-in")
    await phone.fill(**wrong)
    await phone.press("打开")
    await phone.reads("不对")
    assert await phone.page.locator("main [name=number]").input_value() == wrong["number"]
    assert await phone.page.locator("main [name=pin]").input_value() == ""


async def test_nobody_tries_for_ever(phone: Reader) -> None:
    phone.expected = {401, 429}
    for _ in range(20):
        await phone.go("/sign-in")
        await phone.fill(number=phone.site.demo.member.card_no, pin="000000")
        await phone.press("打开")
    assert await phone.page.locator("[data-code=too_many_tries]").count() == 1
    await phone.fill(pin=phone.site.demo.member.pin)
    await phone.press("打开")
    assert phone.path == "/sign-in/member"


async def test_what_is_wrong_stands_beside_its_field(phone: Reader) -> None:
    phone.expected = {422}
    await phone.go("/sign-in")
    await phone.fill(number="12", pin="123456")
    await phone.press("打开")
    problem = phone.page.locator("#problem-number")
    assert "卡号" in await problem.inner_text()
    assert await phone.page.evaluate("document.activeElement.name") == "number"


async def test_language_and_size_stay_with_the_person(site: Site) -> None:
    here, there = await site.reader(), await site.reader()
    await here.sign_in("lin")
    await here.press("大字")
    await here.press("EN")
    await here.reads("Sign out", "Normal")
    assert await here.page.evaluate("getComputedStyle(document.body).fontSize") == "24px"
    await there.sign_in("lin")
    await there.reads("Sign out", "Normal")


async def test_a_session_that_was_ended_elsewhere_is_over(site: Site) -> None:
    here, there = await site.reader(), await site.reader()
    await here.sign_in("lin")
    await there.sign_in("lin")
    await here.go("/sessions")
    await here.press("让它退出")
    await there.go("/sessions")
    assert there.path.startswith("/sign-in")
    await here.go("/sessions")
    assert here.path == "/sessions"


async def test_signing_in_takes_a_new_session(site: Site) -> None:
    reader = await site.reader()
    await reader.sign_in("lin")
    (before,) = [each["value"] for each in await reader.context.cookies() if each["name"] == "points_bank_session"]
    await reader.sign_in("lin")
    (after,) = [each["value"] for each in await reader.context.cookies() if each["name"] == "points_bank_session"]
    assert before != after
    await reader.go("/sessions")
    assert await reader.page.get_by_text("就是这里").count() == 1
    assert await reader.page.get_by_text("让它退出").count() == 0


async def test_a_form_of_another_session_is_offered_again(site: Site) -> None:
    reader = await site.reader()
    reader.expected = {403}
    await reader.go("/sign-in?staff=true")
    await reader.fill(login="lin", password=site.demo.password)
    await reader.context.clear_cookies()
    await reader.press("登录")
    await reader.reads("您填的内容还在", "lin")
    await reader.misses(site.demo.password)
    assert await reader.page.locator("[data-code=form_expired]").count() == 1


async def test_a_form_is_sent_after_signing_in_anew_where_the_session_ran_out(site: Site) -> None:
    office = await site.reader()
    office.expected = {401, 403}
    await office.sign_in("he")
    await office.go("/staff/members/new")
    await office.fill(name="住户辛", born="1958-03-12")
    await office.page.locator("[name=consents][value=records]").check()
    site.clock.set(at("2026-11-19 09:00"))
    await office.press("登记并发卡")
    await office.reads("您的登录已经到期", "住户辛")
    await office.check()
    async with office.context.expect_page() as opened:
        await office.page.locator("main a[target=_blank]").click()
    beside = await opened.value
    await beside.fill("main [name=login]", "he")
    await beside.fill("main [name=password]", site.demo.password)
    await beside.click("main button.main")
    await beside.wait_for_load_state("load")
    await office.press("再发一次")
    await office.reads("您填的内容还在")
    await office.press("再发一次")
    await office.reads("住户辛", "已登记")


async def test_without_scripts_too(site: Site) -> None:
    reader = await site.reader(has_scripts=False)
    await reader.sign_in("lin")
    await reader.reads("退出")


async def test_an_unknown_page_leads_back(site: Site) -> None:
    reader = await site.reader()
    reader.expected = {404}
    await reader.go("/nowhere")
    await reader.press("回到首页")
    assert reader.path == "/"
