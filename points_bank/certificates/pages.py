"""Certificates on their owner's phone and paper, and checking one, or a receipt, by what stands on it."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from litestar import Response, get, post
from litestar.params import FromPath, QueryParameter

from points_bank.actor import Actor
from points_bank.certificates.issuing import AskedCertificate, ask_for_certificate, asked_certificate
from points_bank.certificates.reading import CertificateView, certificates_of, state_of_certificate
from points_bank.errors import Invalid, NotFound, PointsBankError, message
from points_bank.receipts.reading import check_receipt
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.transaction import Transaction
from points_bank.web import LARGEST_ID, Asking, PathId, database_of, member

MOST_CERTIFICATES = 50

ANSWERS = {
    "valid": message("Valid"),
    "announced": message("Announced, not valid yet"),
    "revoked": message("Revoked"),
    "corrected": message("Valid, corrected since"),
}

Number = Annotated[str | None, QueryParameter(max_length=100)]


class CertificatesPage(Page, frozen=True, kw_only=True):
    """`asked` is set while the branch has not issued what was asked for."""

    template: ClassVar[str] = "me/certificates.html"
    certificates: Sequence[CertificateView]
    asked: AskedCertificate | None


class CertificatePage(Page, frozen=True, kw_only=True):
    """`check_address` is where others see that it is good."""

    template: ClassVar[str] = "me/certificate.html"
    certificate: CertificateView
    check_address: str


class CheckPage(Page, frozen=True, kw_only=True):
    """`state` is what a number or code stands for, None where none was asked about or it is not known."""

    template: ClassVar[str] = "me/check.html"
    number: str
    state: str | None
    answer: str | None


@get("/me/certificates")
async def get_certificates(request: Asking) -> Response[str]:
    """The member's certificates, and asking for one."""
    return await _certificates(request)


@post("/me/certificates", status_code=200)
async def post_request(request: Asking) -> Response[Any]:
    """Ask the branch for a certificate."""
    form, by = await sent_form(request), member(request)
    try:
        await write_form(request, form, AskedCertificate, ask_for_certificate, by=by)
    except PointsBankError as refusal:
        return await _certificates(request, form.refused(refusal))
    return go_to("/me/certificates")


@get("/me/certificates/{certificate_id:int}")
async def get_certificate(request: Asking, certificate_id: FromPath[PathId]) -> Response[str]:
    """A certificate as it is printed."""
    certificate = await database_of(request).read(_own, certificate_id, by=member(request))
    address = f"{request.base_url}check?number={certificate.number}"
    return show(request, CertificatePage(certificate=certificate, check_address=address))


@get("/check")
async def get_check(request: Asking, number: Number = None) -> Response[str]:
    """For anyone with a paper in hand: whether a certificate's number or a receipt's code is good, no more."""
    if not number or not number.strip():
        return show(request, CheckPage(number="", state=None, answer=None))
    try:
        state = await database_of(request).read(_state_of, number)
    except NotFound:
        return show(request, CheckPage(number=number, state=None, answer=None), status_code=404)
    return show(request, CheckPage(number=number, state=state, answer=ANSWERS[state]))


PAGES: list[Any] = [get_certificates, post_request, get_certificate, get_check]


async def _certificates(request: Asking, form: Form | None = None) -> Response[str]:
    return show(request, await database_of(request).read(_page, by=member(request)), form)


def _page(tx: Transaction, *, by: Actor) -> CertificatesPage:
    found = certificates_of(tx, by.id, before_id=LARGEST_ID, limit=MOST_CERTIFICATES, by=by)
    return CertificatesPage(certificates=found[:MOST_CERTIFICATES], asked=asked_certificate(tx, by=by))


def _own(tx: Transaction, certificate_id: int, *, by: Actor) -> CertificateView:
    found = certificates_of(tx, by.id, before_id=certificate_id + 1, limit=1, by=by)
    if not found or found[0].id != certificate_id:
        raise NotFound
    return found[0]


def _state_of(tx: Transaction, number: str) -> str:
    """A certificate by its number, else a receipt by its code. Refuses `not_found`."""
    try:
        return state_of_certificate(tx, number[:40]).value
    except (Invalid, NotFound):
        return "corrected" if check_receipt(tx, number[:60]).is_corrected else "valid"
