"""A code held before the camera of the desk: Chromium films a picture that was made for it."""

import io
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.async_api import async_playwright

from scripts.chromium import CHROMIUM, QUIET
from tests.pages.counter import at_desk, balance, shop_of
from tests.pages.reader import Site

pytestmark = pytest.mark.thorough


def picture_of(text: str) -> Image.Image:
    """A card held before a camera: its QR code on a grey ground."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="png", scale=10, border=4)
    scene = Image.new("RGB", (640, 480), "#888888")
    scene.paste(Image.open(drawn).convert("RGB"), (150, 60))
    return scene


def film_of(text: str, path: Path) -> Path:
    """The same picture ten times: a film as Chromium takes it for a camera."""
    frame = io.BytesIO()
    picture_of(text).save(frame, format="JPEG", quality=90)
    path.write_bytes(frame.getvalue() * 10)
    return path


async def test_a_card_is_read_by_the_camera(site: Site, tmp_path: Path) -> None:
    shop = await shop_of(site)
    member = await shop.member(300)
    film = film_of(member.card_no, tmp_path / "card.mjpeg")
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    camera.append(f"--use-file-for-fake-video-capture={film}")
    async with async_playwright() as playwright:
        site.browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *camera])
        tablet = await at_desk(site)
        scripts = "[...document.scripts].map(each => each.src).join()"
        assert "barcode" not in await tablet.page.evaluate(scripts)
        await tablet.press("用相机扫码")
        await tablet.page.wait_for_url("**/members/*")
        assert await balance(tablet) == 300
        await tablet.context.close()
        await site.browser.close()


async def test_a_card_is_read_from_a_photo(site: Site, tmp_path: Path) -> None:
    shop = await shop_of(site)
    member = await shop.member(300)
    tablet = await at_desk(site)
    nothing, photo = tmp_path / "nothing.png", tmp_path / "photo.png"
    Image.new("RGB", (300, 300), "#888888").save(nothing)
    picture_of(member.card_no).save(photo)
    await tablet.page.locator("[data-photo]").set_input_files(nothing)
    await tablet.page.get_by_text("照片里没有找到二维码").wait_for()
    await tablet.press("关闭")
    await tablet.page.locator("[data-photo]").set_input_files(photo)
    await tablet.page.wait_for_url("**/members/*")
    assert await balance(tablet) == 300
