"""Say how long it takes from a scanned card to the balance on the desk's page: python -m scripts.measure_scan.

A scanner types the digits and presses Enter; the time runs from that Enter until the next page has its balance painted,
in a real Chromium, on a demo bank of the size `longxu`.
"""

import argparse
import asyncio
import statistics
import time

import rich_click as click
from playwright.async_api import Page, async_playwright

from points_bank.actor import Role
from scripts.demo_bank import ServedDemo, served_demo

DESK = 1
PAINTED = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"


async def measure(bank: ServedDemo, times: int) -> list[float]:
    """Milliseconds of each scan, the first one, which fills caches, left out."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1024, "height": 768}, locale="zh-CN")
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
    began = time.perf_counter()
    await page.keyboard.press("Enter")
    await page.locator("[data-balance]").wait_for()
    await page.evaluate(PAINTED)
    return (time.perf_counter() - began) * 1e3


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
