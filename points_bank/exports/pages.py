"""A member's details on the phone: consents given and withdrawn alike, and all that is kept of them as a file."""

from typing import Any, ClassVar

from litestar import Response, get, post
from litestar.params import FromPath

from points_bank.errors import PointsBankError
from points_bank.exports.api import member_file
from points_bank.exports.member import export_member
from points_bank.exports.own_details import OwnDetails, own_details
from points_bank.members.consents import give_consent, withdraw_consent
from points_bank.members.models import Purpose
from points_bank.site.forms import Form, go_to, sent_form
from points_bank.site.rendering import Page, show
from points_bank.web import Asking, database_of, member


class DetailsPage(Page, frozen=True, kw_only=True):
    """`changed` is the consent that was just given or withdrawn."""

    template: ClassVar[str] = "me/details.html"
    details: OwnDetails
    changed: str


@get("/me/details")
async def get_details(request: Asking) -> Response[str]:
    """What the bank keeps of the member, and what they agreed to."""
    return await _details(request)


@post("/me/consents/{purpose:str}", status_code=200)
async def post_consent(request: Asking, purpose: FromPath[Purpose]) -> Response[Any]:
    """Agree to something."""
    form, by = await sent_form(request), member(request)
    try:
        await database_of(request).write(give_consent, by.id, purpose, by=by)
    except PointsBankError as refusal:
        return await _details(request, form.refused(refusal))
    return go_to(f"/me/details?changed={purpose}#consents")


@post("/me/consents/{purpose:str}/withdrawal", status_code=200)
async def post_withdrawal(request: Asking, purpose: FromPath[Purpose]) -> Response[Any]:
    """Agree no longer; it takes effect at once."""
    await sent_form(request)
    by = member(request)
    await database_of(request).write(withdraw_consent, by.id, purpose, by=by)
    return go_to(f"/me/details?changed={purpose}#consents")


@get(["/me/data.xlsx", "/me/data.json"])
async def get_data(request: Asking) -> Response[Any]:
    """All that is kept of the member, to take along."""
    by = member(request)
    return await member_file(request, await database_of(request).read(export_member, by.id, by=by))


PAGES: list[Any] = [get_details, post_consent, post_withdrawal, get_data]


async def _details(request: Asking, form: Form | None = None) -> Response[str]:
    details = await database_of(request).read(own_details, by=member(request))
    return show(request, DetailsPage(details=details, changed=request.query_params.get("changed", "")), form)
