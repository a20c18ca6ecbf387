"""Pictures of rewards: made anew, without what a camera wrote; what is no picture is refused and nothing kept."""

import io

import pytest
from PIL import Image

from points_bank.errors import Invalid
from points_bank.rewards import pictures
from points_bank.rewards.pictures import made_anew

ORIENTATION, MAKER = 0x0112, 0x010F


def photo(*, kind: str = "JPEG", size: tuple[int, int] = (1600, 900)) -> bytes:
    """A red photo, taken sideways by a camera that says who made it."""
    image, exif, content = Image.new("RGB", size, "red"), Image.Exif(), io.BytesIO()
    exif[ORIENTATION], exif[MAKER] = 6, "a camera that knows where it was"
    image.save(content, kind, exif=exif)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_made_small_and_upright_and_tells_nothing_of_its_camera(kind: str) -> None:
    picture = made_anew(photo(kind=kind))
    with Image.open(io.BytesIO(picture.content)) as image:
        assert (image.format, image.size) == ("JPEG", (405, 720))
        assert not image.getexif()
    assert b"camera" not in picture.content


@pytest.mark.parametrize(
    "sent",
    [b"", b"%PDF-1.4 no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", photo()[:200], photo()[:-2000]],
)
def test_what_is_no_picture_is_refused(sent: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        made_anew(sent)
    assert refused.value.fields == {"picture": pictures.NO_PICTURE}


def test_too_many_pixels_are_refused_before_they_are_read() -> None:
    content = io.BytesIO()
    Image.new("1", (10_000, 6_000)).save(content, "PNG")
    with pytest.raises(Invalid) as refused:
        made_anew(content.getvalue())
    assert refused.value.fields == {"picture": pictures.TOO_LARGE}
