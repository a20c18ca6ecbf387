"""Say how long it takes from a scanned card to the balance on the desk's page: python -m scripts.measure_scan.

A scanner types the digits and presses Enter; the time runs from that Enter until the frame that has the balance was
painted, in the browser's own time: a real Chromium, on a demo bank of the size `longxu`. With --no-boost the answer is
loaded as a page of its own, as it is without JavaScript.
"""

import argparse
import asyncio
import statistics

import rich_click as click
from playwright.async_api import Page, async_playwright

from points_bank.actor import Role
from scripts.chromium import CHROMIUM, QUIET
from scripts.demo_bank import ServedDemo, served_demo

DESK = 1
WATCH = """
const now = () => performance.timeOrigin + performance.now();
addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  sessionStorage.began = now();
}, true);
new MutationObserver(() => {
  const page = document.documentElement?.dataset;
  if (!document.querySelector("[data-balance]") || page.found) return;
  page.found = "yes";
  const painted = new MessageChannel();
  painted.port1.onmessage = () => { page.painted = now(); };
  requestAnimationFrame(() => painted.port2.postMessage(null));
}).observe(document, { childList: true, subtree: true });
"""
TOOK = "Number(document.documentElement.dataset.painted) - Number(sessionStorage.began)"


async def measure(bank: ServedDemo, times: int, *, is_boosted: bool) -> list[float]:
    """Milliseconds of each scan, the first one, which fills caches, left out."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport={"width": 1024, "height": 768}, locale="zh-CN")
        await page.add_init_script(WATCH)
        if not is_boosted:
            await page.route("**/htmx.js*", lambda route: route.abort())
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
    await page.locator("html[data-painted] [data-balance]").wait_for()
    milliseconds: float = await page.evaluate(TOOK)
    return milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=25)
    parser.add_argument("--no-boost", action="store_true")
    asked = parser.parse_args()
    with served_demo("longxu") as bank:
        measured = asyncio.run(measure(bank, asked.times, is_boosted=not asked.no_boost))
    click.echo(
        f"from scan to balance: {statistics.median(measured):.0f} ms at the median of {len(measured)}, "
        f"{min(measured):.0f} to {max(measured):.0f}"
    )


if __name__ == "__main__":
    main()
