"""The stories of the desk, through its pages."""

from points_bank.activities.approval import approve_activity
from points_bank.activities.logbook import log_activity
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.actor import Role
from points_bank.rules.rule_set import ServiceRole
from points_bank.scheduler import run_due
from tests.bank import at
from tests.pages.counter import at_desk, balance, scan, shop_of, tap
from tests.pages.reader import Site


async def test_first_goods(site: Site) -> None:
    """S1: too little for the minimum on 16 November, detergent for 80 of 100 points on 15 December."""
    shop = await shop_of(site)
    resident, detergent = await shop.member(55), await shop.reward(80)
    recorder, approver = [await shop.server.bank.staff(role) for role in (Role.RECORDER, Role.APPROVER)]
    sheet = Sheet(
        branch_id=shop.branch.id, role=ServiceRole.SERVICE, title="周六绿化", started_at=at("2026-11-14 08:30"),
        ended_at=at("2026-11-14 12:30"), lines=[SheetLine(member_id=resident.id, is_lead=True)],
    )  # fmt: skip
    logged = await shop.write(log_activity, sheet, by=recorder)
    await shop.write(approve_activity, logged.id, by=approver)

    tablet = await at_desk(site)
    await scan(tablet, resident.card_no)
    assert await balance(tablet) == 55
    await tablet.reads("另有 45 分公示中", "满 100 分才能兑换", "还差 25 分")
    assert await tablet.page.locator(f"button.ware[value='{detergent}']").count() == 0
    assert await tablet.page.locator("#basket .main").count() == 0

    site.clock.set(at("2026-12-15 09:30"))
    await run_due(site.database)
    tablet = await at_desk(site)
    await scan(tablet, resident.card_no)
    assert await balance(tablet) == 100
    await tap(tablet, detergent)
    await tablet.press("确认，扣 80 分")
    assert await balance(tablet) == 20
    await tablet.press("登记簿")
    await tablet.reads("12月15日登记簿", resident.card_no[-4:], "−80", "领取人签名")
    await tablet.page.emulate_media(media="print")
    assert await tablet.page.locator("td.signature").is_visible()
