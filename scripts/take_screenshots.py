"""Take pictures of main pages of a demo bank that goes away: python -m scripts.take_screenshots FOLDER."""

import asyncio
import sys
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from scripts.chromium import CHROMIUM, QUIET
from scripts.demo_bank import ServedDemo, served_demo

COLOURS = 128
"""Paper and ink need few; a picture takes a third of the room."""
PHONE, TABLET, OFFICE = (390, 844), (1024, 768), (1280, 800)


@dataclass(frozen=True)
class Shot:
    """A picture called `name` of the page at `path`, seen by who signs in with `login` (`member`: the demo's own)."""

    name: str
    path: str
    login: str = ""
    size: tuple[int, int] = OFFICE
    looks: dict[str, Any] = field(default_factory=dict)


SHOTS = (
    Shot("home", "/", size=PHONE),
    Shot("passbook", "/me", "member", PHONE),
    Shot("passbook-dark", "/me", "member", PHONE, {"color_scheme": "dark"}),
    Shot("goods", "/me/goods", "member", PHONE),
    Shot("card", "/me/card", "member", PHONE),
    Shot("office", "/staff", "huang"),
    Shot("sheet", "/staff/sheet?like=59&same_day=true", "he"),
    Shot("desk", "/desk/1/members/7", "luo", TABLET),
    Shot("board", "/boards/1/2026-10"),
    Shot("poster", "/boards/1/2026-10/poster", size=(800, 1100)),
    Shot("administration", "/admin", "lin"),
)


async def sign_in(page: Page, bank: ServedDemo, login: str) -> None:
    if login == "member":
        await page.goto(f"{bank.address}/sign-in")
        await page.fill("main [name=number]", bank.demo.member.card_no)
        await page.fill("main [name=pin]", bank.demo.member.pin)
    else:
        await page.goto(f"{bank.address}/sign-in?staff=true")
        await page.fill("main [name=login]", login)
        await page.fill("main [name=password]", bank.demo.password)
    await page.click("main button.main")


async def take(browser: Browser, shot: Shot, bank: ServedDemo, folder: Path) -> None:
    width, height = shot.size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", device_scale_factor=1.5, **shot.looks
    )
    page = await context.new_page()
    if shot.login:
        await sign_in(page, bank, shot.login)
    answer = await page.goto(bank.address + shot.path)
    if answer is None or not answer.ok:
        raise SystemExit(f"{shot.path} answered {answer and answer.status}")
    picture = Image.open(BytesIO(await page.screenshot()))
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS).save(
        folder / f"{shot.name}.png", optimize=True
    )
    await context.close()


async def main(folder: Path) -> None:
    with served_demo() as bank:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            for shot in SHOTS:
                await take(browser, shot, bank, folder)
            await browser.close()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1])))
