"""The desk: from a card to goods in hand, as a clerk does it with a queue."""

from points_bank.actor import SYSTEM
from points_bank.members.cards import report_loss
from points_bank.members.consents import give_consent
from points_bank.members.households import add_household
from points_bank.members.models import Purpose
from tests.pages.counter import DESK, at_desk, balance, scan, shop_of, tap
from tests.pages.reader import Reader, Site


async def test_an_exchange_takes_four_touches(site: Site) -> None:
    tablet = await site.reader(width=1024, height=768)
    await tablet.sign_in("luo")
    await tablet.press("兑换点")
    await tablet.press(DESK)
    await tablet.go("/desk")
    assert tablet.path == "/desk/1"
    await scan(tablet, site.demo.member.card_no)
    before = await balance(tablet)
    good = tablet.page.locator("button.ware").first
    points = int((await good.locator(".num").inner_text()).split()[0])
    await good.click()
    await tablet.press(f"确认，扣 {points} 分")
    assert await balance(tablet) == before - points
    await tablet.page.keyboard.press("Escape")
    await tablet.page.get_by_text("请下一位").wait_for()
    await tablet.check()


async def test_a_plain_form_without_scripts_on_a_phone(site: Site) -> None:
    shop = await shop_of(site)
    member, soap = await shop.member(300), await shop.reward(50)
    phone = await at_desk(site, width=360, height=740, has_scripts=False)
    phone.expected = {422}
    await phone.fill(q=member.card_no)
    await phone.press("查找")
    await phone.page.locator(f"button.ware[value='{soap}']").click()
    quantity = phone.page.locator(f"#quantity-{soap}")
    await quantity.fill("两块")
    await phone.press("确认，扣 50 分")
    assert await quantity.input_value() == "两块"
    await phone.reads("请填 1 到 999 的整数")
    await quantity.fill("3")
    await phone.press("算一算")
    await phone.reads("换后余额", "150")
    await phone.press("确认，扣 150 分")
    assert await balance(phone) == 150
    await phone.press("撤销这一笔")
    await phone.press("撤销这一笔")
    await phone.reads("请写明原因")
    await phone.page.get_by_label("数量不对").check()
    await phone.press("撤销这一笔")
    await phone.reads("已取消", "数量不对")
    assert await balance(phone) == 300


async def test_by_keyboard_alone_in_english(site: Site) -> None:
    shop = await shop_of(site)
    member, soap = await shop.member(300), await shop.reward(50)
    office = await at_desk(site, language="en-GB")
    await scan(office, member.card_no)
    await _tab_to(office, f"button.ware[value='{soap}']")
    await office.page.keyboard.press("Enter")
    await office.page.locator(f"#quantity-{soap}").wait_for()
    await _tab_to(office, "#basket .main", key="Shift+Tab")
    async with office.page.expect_navigation():
        await office.page.keyboard.press("Enter")
    await office.reads("Can spend now", "250")
    await office.page.keyboard.press("Escape")
    await office.page.get_by_text("Who is next?").wait_for()


async def _tab_to(reader: Reader, selector: str, *, key: str = "Tab") -> None:
    for _ in range(80):
        if await reader.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        await reader.page.keyboard.press(key)
    raise AssertionError(f"{selector} is not reached by {key}")


async def test_a_form_sent_twice_takes_once(site: Site) -> None:
    shop = await shop_of(site)
    member, soap = await shop.member(300), await shop.reward(50)
    tablet = await at_desk(site)
    await scan(tablet, member.card_no)
    await tap(tablet, soap)
    slips = await tablet.page.evaluate(
        """async () => {
            const form = document.getElementById("order");
            const send = () => fetch(form.querySelector("#basket .main").formAction,
                {method: "POST", body: new URLSearchParams(new FormData(form))});
            return (await Promise.all([send(), send()])).map(answer => answer.url);
        }"""
    )
    assert slips[0] == slips[1]
    assert "/desk/1/slips/" in slips[0]
    assert await shop.spendable(member.id) == 250


async def test_what_cannot_be_found_or_served_is_said_kindly(site: Site) -> None:
    shop = await shop_of(site)
    lost, child = await shop.member(300), await shop.member(300, born_on=site.clock.now().date().replace(year=2015))
    await shop.write(report_loss, lost.id, by=SYSTEM)
    tablet = await at_desk(site)
    tablet.expected = {404, 409, 422}
    await scan(tablet, lost.card_no)
    await tablet.reads("此卡已挂失")
    await tablet.misses("300")
    await scan(tablet, "1234567890")
    await tablet.reads("卡号不对")
    assert await tablet.page.evaluate("document.activeElement.name") == "q"
    await scan(tablet, "123456")
    await tablet.reads("没有这个取货码")
    await scan(tablet, child.card_no)
    await tablet.reads("须监护人同意")
    await tablet.go("/desk/2")
    await tablet.page.locator("[data-code=not_found]").wait_for()


async def test_a_reservation_is_collected_by_its_code(site: Site) -> None:
    shop = await shop_of(site)
    member, soap = await shop.member(300), await shop.reward(50)
    tablet = await at_desk(site)
    tablet.expected = {409}
    await scan(tablet, member.card_no)
    await tap(tablet, soap)
    await tablet.press("先预约，以后来取")
    code = await tablet.page.locator(".code-digits").inner_text()
    await tablet.page.keyboard.press("Escape")
    await tablet.page.get_by_text("请下一位").wait_for()
    await tablet.press("预约取货")
    await tablet.page.get_by_role("link", name="取货 张伟").last.click()
    await tablet.misses(code)
    await tablet.fill(code="000000" if code != "000000" else "111111")
    await tablet.press("核对无误，交货")
    await tablet.reads("取货码不对")
    await tablet.go("/desk/1")
    await scan(tablet, code)
    await tablet.press("核对无误，交货")
    assert await tablet.page.locator("[data-state=collected]").count() == 1
    assert await shop.spendable(member.id) == 250


async def test_a_household_pays_together(site: Site) -> None:
    shop = await shop_of(site)
    father, mother, rice = await shop.member(320), await shop.member(180), await shop.reward(500)
    for each in (father, mother):
        await shop.write(give_consent, each.id, Purpose.HOUSEHOLD, by=SYSTEM)
    await shop.write(add_household, branch_id=shop.branch.id, member_ids=[father.id, mother.id], by=SYSTEM)
    tablet = await at_desk(site)
    await scan(tablet, father.card_no)
    await tap(tablet, rice)
    await tablet.page.get_by_text("家人一起付").click()
    await tablet.page.locator("#basket [name=payer]").check()
    await tablet.page.get_by_text("付 180 分").wait_for()
    await tablet.press("确认，扣 500 分")
    await tablet.reads("付 320 分", "付 180 分")
    assert [await shop.spendable(each.id) for each in (father, mother)] == [0, 0]


async def test_the_shelf_is_counted_at_the_end_of_the_day(site: Site) -> None:
    shop = await shop_of(site)
    soap = await shop.reward(50, stock=10)
    keeper = await site.reader(width=768, height=1024)
    keeper.expected = {422}
    await keeper.sign_in("tan")
    await keeper.press("兑换点")
    await keeper.press(DESK)
    await keeper.press("登记盘点")
    await keeper.reads("请至少填一种")
    await keeper.page.locator(f"#count-{soap}").fill("-1")
    await keeper.press("登记盘点")
    await keeper.reads("请填 0 或更大的整数")
    await keeper.page.locator(f"#count-{soap}").fill("8")
    await keeper.press("登记盘点")
    assert await shop.left(soap) == 8
    await keeper.reads("−2")
    await keeper.check()


async def test_an_overseer_reads_the_register_and_serves_nobody(site: Site) -> None:
    reader = await site.reader()
    await reader.sign_in("qiu")
    await reader.press("兑换点")
    await reader.press(DESK)
    assert reader.path == "/desk/1/register"
    await reader.misses("查找", "预约取货", "盘点")


async def test_the_answer_to_a_scan_takes_the_place_of_the_page(site: Site) -> None:
    shop = await shop_of(site)
    first, second = await shop.member(300), await shop.member(70)
    tablet = await at_desk(site)
    tablet.expected = {422}
    await tablet.page.evaluate("window.isTheSame = true")
    await scan(tablet, first.card_no)
    assert await balance(tablet) == 300
    assert tablet.path == f"/desk/1/members/{first.id}"
    assert await tablet.page.evaluate("document.activeElement.id") == "main"
    await tablet.check()
    await scan(tablet, second.card_no)
    assert await balance(tablet) == 70
    await scan(tablet, "1234567890")
    await tablet.reads("卡号不对")
    assert tablet.path == "/desk/1"
    assert await tablet.page.evaluate("document.activeElement.matches('main [data-scan]')")
    assert await tablet.page.locator("button[data-camera]").is_visible()
    assert await tablet.page.evaluate("window.isTheSame")
    await tablet.page.go_back()
    await tablet.page.wait_for_url(f"**/members/{second.id}")
    assert await balance(tablet) == 70
    assert await tablet.page.evaluate("JSON.stringify(localStorage)") == "{}"
    assert tablet.faults == []


async def test_a_scan_after_the_session_ended_is_offered_again(site: Site) -> None:
    shop = await shop_of(site)
    member = await shop.member(300)
    tablet = await at_desk(site)
    tablet.expected = {403}
    await tablet.context.clear_cookies()
    await scan(tablet, member.card_no)
    await tablet.reads("这一页已失效", member.card_no, "再发一次")
