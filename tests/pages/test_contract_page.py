"""The page of the API in a browser that holds to its policy: it is drawn, and an operation can be tried."""

from playwright.async_api import ConsoleMessage, expect

from tests.pages.reader import Site


async def test_the_page_of_the_api_is_drawn_and_can_be_tried(site: Site) -> None:
    context = await site.browser.new_context(viewport={"width": 1_000, "height": 900})
    page = await context.new_page()
    complaints: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            complaints.append(said.text)

    page.on("console", hear)
    await page.goto(f"{site.address}/docs")
    seals = page.locator("[id^=operations-seals-]").first
    await seals.locator("button").first.click()
    await seals.get_by_role("button", name="Try it out").click()
    await seals.get_by_role("button", name="Execute").click()
    await expect(seals.locator(".live-responses-table")).to_contain_text("200")
    assert complaints == []
    await context.close()
