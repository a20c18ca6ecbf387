"""People at the branch office: twins, moving, closing, households; and doubts about what they did."""

import pytest

from points_bank.actor import Role
from tests.pages.counter import at_desk, scan
from tests.pages.office import enter, register
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


async def test_twins_are_merged_by_a_person_with_a_reason(site: Site) -> None:
    office = await _signed_in(site, Role.APPROVER)
    older, newer = await register(office, "住户辛"), await register(office, "住户辛")
    await office.go("/staff/twins")
    pair = office.page.locator("section.card", has_text="住户辛")
    await pair.locator("summary").click()
    await pair.locator("[name=reason]").fill("本人说办过一次")
    await pair.locator("form button").click()
    await office.page.wait_for_url("**done=merged")
    assert await office.page.locator("dl.facts dd .num").first.inner_text() in {older, newer}
    await office.misses("存折已销")
    await office.go("/staff/twins")
    await office.misses("住户辛")


async def test_a_member_moves_to_another_branch_and_a_wrong_code_is_told_beside_it(site: Site) -> None:
    office = await _signed_in(site, Role.APPROVER)
    office.expected = {422}
    await register(office, "住户壬")
    await office.page.get_by_text("搬到别处").click()
    await office.fill(branch_code="NOWHERE")
    await office.page.locator("form[action$='/move'] button").click()
    await office.reads("没有这个代码")
    await office.page.locator("[name=branch_id]").select_option(index=1)
    await office.fill(branch_code="")
    await office.page.locator("form[action$='/move'] button").click()
    await office.page.wait_for_url("**/staff/members?done=moved")


async def test_a_passbook_is_closed_with_a_reason_and_its_card_is_refused(site: Site) -> None:
    office = await _signed_in(site, Role.APPROVER)
    card_no = await register(office, "住户癸")
    person = office.path.partition("?")[0]
    await office.page.locator("summary", has_text="注销存折").click()
    await office.page.locator("form[action$='/closing'] [name=reason]").fill("搬去外地")
    await office.page.locator("form[action$='/closing'] button").click()
    await office.reads("存折已销")
    await office.go(person)
    assert await office.page.locator("form[action$='/closing']").count() == 0
    desk = await at_desk(site)
    await scan(desk, card_no)
    assert await desk.page.locator("[data-reason=member_closed]").count() == 1


async def test_a_household_is_begun_joined_and_left(site: Site) -> None:
    office = await _signed_in(site, Role.RECORDER, width=360)
    office.expected = {422}
    other = await register(office, "住户子")
    await register(office, "住户丑")
    await office.press("家庭")
    await office.fill(label="3栋502")
    await office.press("建立家庭")
    await office.reads("3栋502", "住户丑", "没有同意合用积分")
    await office.fill(who="住户")
    await office.press("加入")
    await office.reads("没找到，或不止一个人")
    assert await office.page.locator("[name=who]").input_value() == "住户"
    await office.fill(who=other)
    await office.press("加入")
    await office.reads("住户子")
    await office.press("搬出 住户子")
    await office.misses("住户子")


async def test_an_objection_frees_a_line_or_rejects_it_and_is_decided_by_another(site: Site) -> None:
    recorder, approver = await _signed_in(site, Role.RECORDER), await _signed_in(site, "meng")
    for number, (upheld, state) in enumerate((("false", "公示中"), ("true", "未通过"))):
        card_no = await register(recorder, f"住户{'寅卯'[number]}")
        day, hour = "2026-11-14", f"0{7 + number}00"
        scripted = await _signed_in(site, Role.RECORDER, has_scripts=True)
        await enter(scripted, card_no, title="巡楼", on=day, from_time=hour, until_time=f"0{7 + number}40")
        sheet = scripted.path.partition("?")[0]
        await approver.go(sheet)
        await approver.press("通过")
        await recorder.go(sheet)
        await recorder.page.locator("summary", has_text="提出异议").first.click()
        await recorder.page.locator("form[action$='/objection'] [name=reason]").first.fill("那天没看到他")
        await recorder.page.locator("form[action$='/objection'] button").first.click()
        await recorder.page.wait_for_url("**done=objected")
        await approver.go(sheet)
        form = approver.page.locator("form[action$='/objection/resolution']")
        await form.locator("xpath=..").locator("summary").click()
        await form.locator("[name=upheld]").select_option(upheld)
        await form.locator("[name=reason]").fill("问过邻居")
        await form.locator("button").click()
        await approver.reads("问过邻居", state)


async def test_people_are_drawn_and_called_back(site: Site) -> None:
    recorder, approver = await _signed_in(site, Role.RECORDER, has_scripts=True), await _signed_in(site, "meng")
    card_no = await register(recorder, "住户辰")
    await enter(recorder, card_no, title="巡楼", on="2026-11-14", from_time="0900", until_time="0940")
    await approver.go(recorder.path.partition("?")[0])
    drawing = approver.page.locator("form[action$='/call-back-sample']")
    await drawing.locator("xpath=..").locator("summary").click()
    await drawing.locator("[name=size]").fill("1")
    await drawing.locator("button").click()
    await approver.reads("已抽中回访")
    await approver.press("未接通")
    await approver.reads("未接通")
    await approver.press("已确认")
    await approver.reads("已确认")
    assert await approver.page.locator("form[action$='/call-back']").count() == 0


async def test_damaged_goods_are_signed_by_a_second_person(site: Site) -> None:
    keeper, second = await _signed_in(site, Role.STOCK_KEEPER), await _signed_in(site, Role.ADMINISTRATOR)
    await keeper.go("/desk/1/stock")
    await keeper.press("损坏物品")
    await keeper.reads("待第二人确认", "要由另一个人确认")
    assert await keeper.page.locator("form[action$='/confirmation']").count() == 0
    await second.go("/desk/1/write-offs")
    await second.press("确认损坏")
    await second.misses("待第二人确认")


async def test_a_place_in_line_is_given_up_at_the_desk(site: Site) -> None:
    desk = await at_desk(site)
    await scan(desk, site.demo.member.card_no)
    await desk.page.locator("button.ware", has_text="点此登记候补").first.click()
    waiting = desk.page.locator("button.ware", has_text="点此取消")
    await waiting.wait_for()
    await desk.check()
    await waiting.click()
    await desk.page.locator("button.ware", has_text="点此登记候补").first.wait_for()
    assert await waiting.count() == 0


async def _signed_in(site: Site, who: Role | str, *, has_scripts: bool = False, width: int = 1280) -> Reader:
    reader = await site.reader(has_scripts=has_scripts, width=width)
    return await reader.sign_in(site.login(who) if isinstance(who, Role) else who)
