"""Say how long it takes from a scanned card to the balance on the desk's page: python -m scripts.measure_scan.

A scanner types the digits and presses Enter; the time runs from that Enter until the next page, which has the balance,
is painted first, as the browser itself tells it: a real Chromium, on a demo bank of the size `longxu`.
"""

import argparse
import asyncio
import statistics

import rich_click as click
from playwright.async_api import Page, async_playwright

from points_bank.actor import Role
from scripts.demo_bank import ServedDemo, served_demo

DESK = 1
BEGIN = """addEventListener("keydown", (event) => {
  if (event.key === "Enter") sessionStorage.began = performance.timeOrigin + performance.now();
}, true)"""
PAINTED_AFTER = """new Promise((done) => new PerformanceObserver((list) => {
  for (const paint of list.getEntriesByName("first-contentful-paint"))
    done(performance.timeOrigin + paint.startTime - Number(sessionStorage.began));
}).observe({ type: "paint", buffered: true }))"""


async def measure(bank: ServedDemo, times: int) -> list[float]:
    """Milliseconds of each scan, the first one, which fills caches, left out."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1024, "height": 768}, locale="zh-CN")
        await page.add_init_script(BEGIN)
        await _sign_in(page, bank)
        measured = [await _scan(page, bank) for _ in range(times + 1)]
        await browser.close()
    return measured[1:]


async def _sign_in(page: Page, bank: ServedDemo) -> None:
    await page.goto(f"{bank.address}/sign-in?staff=true")
    await page.fill("main [name=login]", next(each.login for each in bank.demo.logins if each.role is Role.CLERK))
    await page.fill("main [name=password]", bank.demo.password)
    await page.click("main button.main")


async def _scan(page: Page, bank: ServedDemo) -> float:
    await page.goto(f"{bank.address}/desk/{DESK}")
    await page.keyboard.type(bank.demo.member.card_no)
    await page.keyboard.press("Enter")
    await page.locator("[data-balance]").wait_for()
    milliseconds: float = await page.evaluate(PAINTED_AFTER)
    return milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=25)
    with served_demo("longxu") as bank:
        measured = asyncio.run(measure(bank, parser.parse_args().times))
    click.echo(
        f"from scan to balance: {statistics.median(measured):.0f} ms at the median of {len(measured)}, "
        f"{min(measured):.0f} to {max(measured):.0f}"
    )


if __name__ == "__main__":
    main()
