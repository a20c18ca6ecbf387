"""Pictures of rewards: giving one, taking it away, and showing it to everyone."""

import asyncio
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec.structs import replace

from points_bank.errors import Invalid, PointsBankError
from points_bank.rewards.catalogue_pages import reward_page
from points_bank.rewards.pictures import (
    MOST_BYTES,
    NO_PICTURE,
    Picture,
    PictureKept,
    keep_picture,
    made_anew,
    picture_content,
    remove_picture,
)
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.serving import YEAR_SECONDS
from points_bank.web import Asking, PathId, database_of, staff

FORM_BYTES = 2 * MOST_BYTES
"""What is far beyond any photo is not even read; what is only too large is refused beside its field."""


@post("/admin/goods/{reward_id:int}/picture", status_code=200, request_max_body_size=FORM_BYTES)
async def post_picture(request: Asking, reward_id: FromPath[PathId]) -> Response[Any]:
    """Give a reward a picture."""
    form, by = await sent_form(request), staff(request)
    try:
        picture = await _picture(form)
        form = replace(form, values={**form.values, "digest": [picture.digest]})
        await write_form(request, form, PictureKept, keep_picture, reward_id, picture=picture, by=by)
    except PointsBankError as refusal:
        return await reward_page(request, reward_id, form.refused(refusal), form_of="picture")
    return go_to(f"/admin/goods/{reward_id}?done=saved")


@post("/admin/goods/{reward_id:int}/picture/removal", status_code=200)
async def post_picture_removal(request: Asking, reward_id: FromPath[PathId]) -> Response[Any]:
    """Take a reward's picture away."""
    await sent_form(request)
    await database_of(request).write(remove_picture, reward_id, by=staff(request))
    return go_to(f"/admin/goods/{reward_id}?done=saved")


@get("/pictures/{name:str}")
async def get_picture(request: Asking, name: FromPath[str]) -> Response[bytes]:
    """A picture. Its address changes with its content, so that browsers may keep it."""
    content = await database_of(request).read(picture_content, name.removesuffix(".jpg"))
    headers = {"Cache-Control": f"public, max-age={YEAR_SECONDS}, immutable"}
    return Response(content, media_type="image/jpeg", headers=headers)


async def _picture(form: Form) -> Picture:
    file = form.files.get("picture")
    if file is None or not file.filename:
        raise Invalid({"picture": NO_PICTURE})
    return await asyncio.to_thread(made_anew, await file.read(MOST_BYTES + 1))


PAGES: list[Any] = [post_picture, post_picture_removal]
FILES: list[Any] = [get_picture]
