"""What the branch office does with paper, through its pages."""

from tests.pages.reader import Reader


async def register(reader: Reader, name: str) -> str:
    """Enter a paper form; the number of the card."""
    await reader.go("/staff/members/new")
    await reader.fill(name=name, born="1958-03-12")
    await reader.page.locator("[name=consents][value=records]").check()
    await reader.press("登记并发卡")
    await reader.reads(name, "已登记")
    return await reader.page.locator("dl.facts dd .num").inner_text()


async def enter(reader: Reader, *card_nos: str, role: str = "service", lead: bool = False, **fields: str) -> None:
    """Enter a sheet of the people with these cards, led by all of them or by nobody."""
    await reader.go("/staff/sheet")
    await reader.page.locator("[name=role]").select_option(role)
    await reader.fill(**fields)
    for number, card_no in enumerate(card_nos):
        await reader.page.locator("[name=q]").press_sequentially(f"{card_no}\n")
        await reader.page.locator("[data-person]").nth(number).wait_for()
        if lead:
            await reader.page.locator("[data-person] [type=checkbox]").nth(number).check()
    await reader.press("提交审核")
    await reader.reads("已提交")
