"""Certificates over JSON: issued and announced by staff, asked for by members, checked by anyone."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from points_bank.actor import Actor
from points_bank.certificates.issuing import (
    AskedCertificate,
    IssuedCertificate,
    RevokedCertificate,
    ask_for_certificate,
    issue_certificate,
    revoke_certificate,
)
from points_bank.certificates.reading import (
    CertificateState,
    CertificateView,
    CertifiedService,
    RequestLine,
    announced_certificates,
    certificate_requests,
    certificates_of,
    state_of_certificate,
)
from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.looks.models import View
from points_bank.web import (
    LARGEST_ID,
    OPEN,
    Asking,
    Cursor,
    Limit,
    Page,
    PathId,
    Reason,
    database_of,
    id_cursor,
    language,
    looked,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)

BranchId = Annotated[int, QueryParameter(ge=1, le=LARGEST_ID)]

SERVICE_TIME = message("{hours} h {minutes} min")
STATES = {
    CertificateState.VALID: message("Valid"),
    CertificateState.ANNOUNCED: message("Announced, not valid yet"),
    CertificateState.REVOKED: message("Revoked"),
}


class RevocationBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class CertificateShape(msgspec.Struct):
    """As it is printed: `service_time` in words, `issuer` a branch, `handler` a person, valid from `valid_at` on."""

    id: int
    number: str
    state: CertificateState
    member_id: int
    name: str
    service_minutes: int
    service_time: str
    stars: int
    services: list[CertifiedService]
    issuer: str
    handler: str
    issued_at: datetime
    valid_at: datetime
    revoked_at: datetime | None
    revocation_reason: str | None


class CheckedShape(msgspec.Struct):
    """All that a certificate's number tells."""

    state: CertificateState
    text: str


@get("/certificates/{number:str}", opt=OPEN)
async def get_certificate(request: Asking, number: FromPath[str]) -> CheckedShape:
    """Whether a certificate of that number is good: for anyone who has the paper in hand, and nothing else."""
    state = await database_of(request).read(state_of_certificate, number[:40])
    return CheckedShape(state, translate(STATES[state], language(request)))


@post("/certificates/{number:str}/revocation", status_code=200)
async def post_revocation(
    request: Asking, number: FromPath[str], data: JSONBody[RevocationBody]
) -> Response[RevokedCertificate]:
    """Have a certificate no longer count. What it certified stays on record; a new one can be issued."""
    by = staff(request)
    answer = await write_keyed(request, RevokedCertificate, revoke_certificate, number[:40], reason=data.reason, by=by)
    return respond(answer, answer.outcome)


@get("/certificates")
async def get_announced(
    request: Asking, branch_id: BranchId, limit: FromQuery[Limit] = 50, cursor: FromQuery[Cursor] = None
) -> Page[CertificateShape]:
    """The certificates that are announced in a branch and below it now, newest first, to be posted up."""
    found = await database_of(request).read(
        announced_certificates, branch_id=branch_id, before_id=_before(cursor), limit=limit, by=staff(request)
    )
    return _page(request, found, limit)


@get("/certificate-requests")
async def get_requests(
    request: Asking, branch_id: BranchId, limit: FromQuery[Limit] = 50, cursor: FromQuery[Cursor] = None
) -> Page[RequestLine]:
    """Who waits for a certificate in a branch and below it, oldest first."""
    found = await database_of(request).read(
        certificate_requests, branch_id=branch_id, after_id=id_cursor(cursor) or 0, limit=limit, by=staff(request)
    )
    return page_of(found, limit=limit, cursor_of=lambda each: each.id)


@post("/members/{member_id:int}/certificates")
async def post_certificate(request: Asking, member_id: FromPath[PathId]) -> Response[CertificateShape]:
    """Certify what a member has served so far. It is announced inside the branch for 7 days, then valid."""
    by = staff(request)
    answer = await write_keyed(request, IssuedCertificate, issue_certificate, member_id, by=by)
    issued_id = answer.outcome.id
    (shown,) = (await database_of(request).read(certificates_of, member_id, before_id=issued_id + 1, limit=1, by=by))[
        :1
    ]
    return respond(answer, _shape(shown, language(request)), status_code=201)


@get("/members/{member_id:int}/certificates")
async def get_certificates(
    request: Asking, member_id: FromPath[PathId], limit: FromQuery[Limit] = 50, cursor: FromQuery[Cursor] = None
) -> Page[CertificateShape]:
    """A member's certificates, newest first, to be printed."""
    shown = await _certificates(request, member_id, staff(request), limit, cursor)
    looked(request, View.RECORD, member_id)
    return shown


@get("/me/certificates")
async def get_own_certificates(
    request: Asking, limit: FromQuery[Limit] = 50, cursor: FromQuery[Cursor] = None
) -> Page[CertificateShape]:
    """The caller's own certificates, newest first."""
    by = member(request)
    return await _certificates(request, by.id, by, limit, cursor)


@post("/me/certificate-requests")
async def post_own_request(request: Asking) -> Response[AskedCertificate]:
    """Ask one's branch for a certificate; the branch sees who waits."""
    answer = await write_keyed(request, AskedCertificate, ask_for_certificate, by=member(request))
    return respond(answer, answer.outcome, status_code=201)


async def _certificates(
    request: Asking, member_id: int, by: Actor, limit: int, cursor: str | None
) -> Page[CertificateShape]:
    found = await database_of(request).read(certificates_of, member_id, before_id=_before(cursor), limit=limit, by=by)
    return _page(request, found, limit)


def _before(cursor: str | None) -> int:
    return id_cursor(cursor) or LARGEST_ID


def _page(request: Asking, found: list[CertificateView], limit: int) -> Page[CertificateShape]:
    shown = [_shape(each, language(request)) for each in found]
    return page_of(shown, limit=limit, cursor_of=lambda each: each.id)


def _shape(view: CertificateView, spoken: Language) -> CertificateShape:
    hours, minutes = divmod(view.service_minutes, 60)
    values = {name: getattr(view, name) for name in CertificateView.__struct_fields__}
    return CertificateShape(**values, service_time=translate(SERVICE_TIME, spoken, hours=hours, minutes=minutes))


ROUTES: list[Any] = [
    get_certificate,
    post_revocation,
    get_announced,
    get_requests,
    post_certificate,
    get_certificates,
    get_own_certificates,
    post_own_request,
]
