"""A member's passbook on the phone: the balance, each line opening to why, a doubt about one, and the own places."""

from tests.pages.reader import Reader, Site


async def _opened(phone: Reader) -> Reader:
    """The demo's member, signed in, on the first page of the passbook."""
    member = phone.site.demo.member
    await phone.go("/sign-in")
    await phone.fill(number=member.card_no, pin=member.pin)
    await phone.press("打开")
    assert phone.path == "/me"
    return phone


async def test_signing_in_leads_to_the_balance(phone: Reader) -> None:
    await _opened(phone)
    name = phone.site.demo.member.name
    await phone.reads(f"{name}，可用积分", "390", "160 分 12月26日到期", "公示中", "11月17日入账")
    await phone.check()


async def test_a_line_opens_to_why(phone: Reader) -> None:
    await _opened(phone)
    await phone.press("全部明细")
    await phone.reads("可用 390，公示中 20")
    await phone.page.locator("a.row-link", has_text="11月7日").first.click()
    await phone.page.wait_for_url("**/me/lines/*")
    await phone.reads("150 分钟 = 5 个整半小时 × 5 = 25", "何小敏", "黄秀英", "R1 第 1 版", "2027年12月31日", "凭证码")
    await phone.check()


async def test_older_lines_follow(phone: Reader) -> None:
    await _opened(phone)
    seen = []
    await phone.go("/me/lines")
    seen += await phone.page.locator("a.row-link[href^='/me/lines/']").all_inner_texts()
    while await phone.page.get_by_role("link", name="更早的").count():
        await phone.press("更早的")
        seen += await phone.page.locator("a.row-link[href^='/me/lines/']").all_inner_texts()
    assert len(seen) == len(set(seen)) > 15


async def test_an_objection_is_sent_once_and_can_be_read(phone: Reader) -> None:
    await _opened(phone)
    await phone.page.locator("a.row-link", has_text="11月17日入账").click()
    await phone.page.locator("summary").click()
    await phone.fill(reason="那天我去了三个小时")
    await phone.press("提出异议")
    await phone.reads("您的异议已收到", "那天我去了三个小时", "正在核查")
    await phone.page.reload()
    assert await phone.page.locator("form[action$=objection]").count() == 0
    await phone.go("/me")
    await phone.reads("核查中")


async def test_an_empty_objection_is_refused_beside_its_field(phone: Reader) -> None:
    phone.expected = {422}
    await _opened(phone)
    await phone.page.locator("a.row-link", has_text="11月17日入账").click()
    await phone.page.locator("summary").click()
    await phone.press("提出异议")
    assert await phone.page.locator("[aria-invalid=true]").get_attribute("name") == "reason"
    assert await phone.page.locator("[data-code=invalid]").count() > 0


async def test_own_places_are_for_the_member_alone(site: Site, phone: Reader) -> None:
    await _opened(phone)
    await phone.press("榜单")
    await phone.reads("只有您自己看得到", "名", "凤岭社区居民积分月榜")
    await phone.check()
    other = await site.reader()
    other.expected = {403}
    await other.sign_in("lin")
    await other.go("/me/rank")
    await other.misses("我的名次")


async def test_lines_of_others_are_not_there(phone: Reader) -> None:
    phone.expected = {404, 422}
    await _opened(phone)
    for path in ("/me/lines/5", "/me/services/4", "/me/lines/99999999", "/me/lines?before=x"):
        await phone.go(path)
        assert await phone.page.locator("section[data-code]").count() == 1


async def test_the_card_is_shown_and_printed(phone: Reader) -> None:
    await _opened(phone)
    await phone.press("我的码")
    await phone.reads("2867 100 955", phone.site.demo.member.name)
    await phone.check()
    await phone.page.emulate_media(media="print")
    assert await phone.page.locator(".tabs").is_hidden()
