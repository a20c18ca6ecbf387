"""A suspension at the branch office and on the phone of who it is about."""

import pytest

from points_bank.actor import Role
from tests.pages.reader import Reader, Site

pytestmark = pytest.mark.thorough


async def test_a_suspension_takes_two_people_and_an_appeal_a_third(site: Site) -> None:
    office, second = await _signed_in(site, "huang"), await _signed_in(site, "meng")
    office.expected, member_id = {409, 422}, await _member_id(site)
    page = f"/staff/members/{member_id}/suspensions"
    await office.go(page)
    await office.page.get_by_text("提议暂停兑换").click()
    await office.fill(reason="代签三次，已查实", until="2030-01-01")
    await office.press("提交给第二个人决定")
    assert await office.page.locator("[name=until][aria-invalid=true]").input_value() == "2030-01-01"
    await office.fill(until="2027-03-31")
    await office.press("提交给第二个人决定")
    await office.press("同意，开始执行")
    await office.reads("待第二人确认")
    await second.go(page)
    await second.press("同意，开始执行")
    await second.reads("现行")
    phone = await site.reader(width=360, height=740)
    await phone.sign_in_as_member()
    await phone.go("/me")
    await phone.press("原因和申诉")
    await phone.reads("代签三次", "2027年3月31日")
    await phone.check()
    await phone.fill(reason="那天我在场")
    await phone.press("申诉")
    await phone.reads("那天我在场", "正由另一个人查看")
    third = await _signed_in(site, Role.ADMINISTRATOR)
    await third.go(page)
    await third.page.get_by_text("答复申诉").click()
    await third.page.locator("[name=upheld][value=true]").check()
    await third.page.locator("form[action$='/answer'] [name=reason]").fill("照片里有他")
    await third.page.locator("form[action$='/answer'] button").click()
    await third.reads("已结束", "照片里有他")


async def _signed_in(site: Site, who: Role | str, *, has_scripts: bool = False, width: int = 1280) -> Reader:
    reader = await site.reader(has_scripts=has_scripts, width=width)
    return await reader.sign_in(site.login(who) if isinstance(who, Role) else who)


async def _member_id(site: Site) -> int:
    office = await _signed_in(site, Role.APPROVER)
    await office.go(f"/staff/members?q={site.demo.member.card_no}")
    link = office.page.locator("main").get_by_role("link", name=site.demo.member.name).first
    return int((await link.get_attribute("href") or "").rpartition("/")[2])
