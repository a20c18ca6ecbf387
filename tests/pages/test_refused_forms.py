"""What a form was refused for stands beside its field, says what to write, and has the focus."""

import pytest

from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


async def test_the_field_that_is_wrong_has_the_focus_and_not_the_first_one(site: Site) -> None:
    office = await site.reader()
    office.expected = {422}
    await office.sign_in("he")
    await office.go("/staff/members/new")
    await office.fill(name="王小明", phone="12345")
    await office.page.locator("main button.main").click()
    assert await _focused(office) == "phone"
    assert "11 位" in await office.page.locator("#problem-phone").inner_text()


async def test_a_refusal_about_a_number_stands_beside_it_and_tells_its_bounds(site: Site) -> None:
    member = await site.reader(width=360, height=740)
    member.expected = {409, 422}
    await member.sign_in_as_member()
    for typed, said in (("abc", "请填整数"), ("5", "10"), ("99999", "现有可用"), ("-1", "最少填 1")):
        await member.go("/me/giving")
        await member.fill(points=typed)
        await member.page.locator("main button.main").click()
        assert said in await member.page.locator("#problem-points").inner_text(), typed
        assert await _focused(member) == "points"
    await member.go("/me/goods/1?desk=1")
    for typed, said in (("4", "最多"), ("0", "最少填 1")):
        await member.page.evaluate("document.querySelector('main form').noValidate = true")
        await member.fill(quantity=typed)
        await member.page.locator("main button.main").click()
        assert said in await member.page.locator("#problem-quantity").inner_text(), typed
        assert await _focused(member) == "quantity"


async def test_a_refusal_of_no_field_has_the_focus_itself_also_without_scripts(site: Site) -> None:
    for has_scripts in (True, False):
        phone = await site.reader(has_scripts=has_scripts, width=360, height=740)
        phone.expected = {401}
        await phone.go("/sign-in")
        await phone.fill(number=site.demo.member.card_no, pin="000000")
        await phone.page.locator("main button.main").click()
        assert await phone.page.locator(".refusal").evaluate("each => each === document.activeElement")


async def test_mistakes_of_a_sheet_are_told_while_it_is_written(site: Site) -> None:
    office = await site.reader(width=1440)
    await office.sign_in("he")
    await office.go("/staff/sheet")
    await office.fill(title="楼道清洁", on="11-14", from_time="1900", until_time="0830", q=site.demo.member.card_no)
    await office.page.locator(".found button").click()
    await office.text("结束早于开始").wait_for()
    await office.fill(from_time="0830", until_time="1050")
    await office.text("2小时20分").first.wait_for()
    minutes = office.page.locator("[name^=minutes-]")
    await minutes.fill("abc")
    assert await office.page.locator("[data-part=told] .refusal").count() == 0, "while it is being typed"
    await office.page.keyboard.press("Tab")
    await office.text("请填分钟数").wait_for()
    assert site.demo.member.name in await office.page.locator("[data-part=told]").inner_text()


async def test_a_few_letters_leave_of_a_long_list_what_has_them(site: Site) -> None:
    office = await site.reader()
    await office.sign_in("lin")
    await office.go("/admin/goods")
    assert await office.page.locator("main [type=search]").count() == 0, "a short list is looked through"
    names = "".join(f"<option value={number}>{number}栋</option>" for number in range(40))
    await office.page.evaluate(f"document.querySelector('main select').innerHTML = '{names}'")
    await office.page.evaluate("shorten(document.querySelector('main select'))")
    find, options = office.page.locator("main [type=search]"), office.page.locator("main select option")
    await find.fill("39")
    assert await options.all_inner_texts() == ["39栋"]
    assert await office.page.locator("main select").input_value() == "39"
    await find.fill("没有")
    assert await find.get_attribute("aria-invalid") == "true"
    assert (await options.count(), await office.page.locator("main select").input_value()) == (40, "39")
    await find.fill("")
    await find.press("Enter")
    assert await office.page.locator("main select").evaluate("each => each === document.activeElement")
    assert office.path == "/admin/goods"
    await office.check()


async def test_a_year_without_holidays_and_an_approval_of_nothing_are_refused(site: Site) -> None:
    office = await site.reader()
    office.expected = {422}
    await office.sign_in("lin")
    await office.go("/admin/calendar")
    await office.page.locator("main form button.main").click()
    assert await _focused(office) == "holidays[0].from_on"
    await office.reads("至少要有一个假期")
    await office.misses("已录入")
    approver = await site.reader()
    approver.expected = {422}
    await approver.sign_in("huang")
    await approver.go("/staff/approvals")
    for box in await approver.page.locator("main [type=checkbox]").all():
        await box.uncheck()
    await approver.press("通过打勾的")
    await approver.reads("请在要通过的签到表前打勾")
    assert await approver.page.locator("main [type=checkbox]:checked").count() == 0


async def _focused(reader: Reader) -> str:
    name: str = await reader.page.evaluate("document.activeElement.name")
    return name
