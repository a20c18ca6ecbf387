"""Take pictures of the main pages of a demo bank, served from a folder that goes away: take_screenshots.py FOLDER."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from points_bank.demo.filling import PASSWORD

NOW = "2026-11-16T09:00:00+08:00"
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
    Shot("sheet", "/staff/sheet?like=60", "he"),
    Shot("desk", "/desk/1/members/7", "luo", TABLET),
    Shot("board", "/boards/1/2026-10"),
    Shot("poster", "/boards/1/2026-10/poster", size=(800, 1100)),
    Shot("administration", "/admin", "lin"),
)


@contextmanager
def served() -> Iterator[tuple[str, tuple[str, str]]]:
    """A filled demo bank: its address, and the card number and PIN of its member."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
        free.close()
        environment = os.environ | {
            "POINTS_BANK_ENVIRONMENT": "demo", "POINTS_BANK_CLOCK": NOW,
            "POINTS_BANK_DATABASE_URL": f"sqlite:///{folder}/bank.db",
        }  # fmt: skip
        run = [sys.executable, "-m", "points_bank"]
        told = subprocess.run([*run, "demo"], env=environment, check=True, capture_output=True, text=True).stdout
        words = told.partition("with card ")[2].split()
        server = subprocess.Popen([*run, "serve", "--port", port], env=environment, stderr=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/health")
            yield address, (words[0], words[3].rstrip("."))
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(address: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            subprocess.run(["sleep", "0.1"], check=True)
    raise SystemExit("the demo does not answer")


async def sign_in(page: Page, address: str, login: str, member: tuple[str, str]) -> None:
    if login == "member":
        await page.goto(f"{address}/sign-in")
        await page.fill("main [name=number]", member[0])
        await page.fill("main [name=pin]", member[1])
    else:
        await page.goto(f"{address}/sign-in?staff=true")
        await page.fill("main [name=login]", login)
        await page.fill("main [name=password]", PASSWORD)
    await page.click("main button.main")


async def take(browser: Browser, shot: Shot, address: str, member: tuple[str, str], folder: Path) -> None:
    width, height = shot.size
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", device_scale_factor=1.5, **shot.looks
    )
    page = await context.new_page()
    if shot.login:
        await sign_in(page, address, shot.login, member)
    answer = await page.goto(address + shot.path)
    if answer is None or not answer.ok:
        raise SystemExit(f"{shot.path} answered {answer and answer.status}")
    picture = Image.open(BytesIO(await page.screenshot()))
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS).save(
        folder / f"{shot.name}.png", optimize=True
    )
    await context.close()


async def main(folder: Path) -> None:
    with served() as (address, member):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
            )
            for shot in SHOTS:
                await take(browser, shot, address, member, folder)
            await browser.close()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1])))
