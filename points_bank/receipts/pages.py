"""Why a line stands in one's passbook, one's own service with a doubt about it, and checking what is on paper."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from points_bank.activities.objections import ObjectionDecided, object_to_line
from points_bank.actor import Actor
from points_bank.errors import PointsBankError
from points_bank.i18n import Language
from points_bank.receipts.exchanges import ExchangeBehind, exchange_behind
from points_bank.receipts.own_service import OwnService, own_service
from points_bank.receipts.reading import Receipt, ServiceBehind, receipt
from points_bank.rules.explanation import explain, explain_cuts
from points_bank.rules.points import Arithmetic
from points_bank.site.forms import Form, go_to, sent_form, write_form
from points_bank.site.rendering import Page, show
from points_bank.site.visits import spoken
from points_bank.transaction import Transaction
from points_bank.web import Asking, PathId, Reason, database_of, member


class Doubt(msgspec.Struct):
    reason: Reason


class Reckoning(msgspec.Struct, frozen=True):
    """An award's arithmetic in the reader's words, and why it is not more."""

    explanation: str
    cuts: Sequence[str]


class LinePage(Page, frozen=True, kw_only=True):
    """All that lies behind a line; `check_address` is where others see that its code is real."""

    template: ClassVar[str] = "me/receipt.html"
    receipt: Receipt
    exchange: ExchangeBehind | None
    reckoning: Reckoning | None
    check_address: str


class ServicePage(Page, frozen=True, kw_only=True):
    """One's own service; `was_sent` right after an objection to it."""

    template: ClassVar[str] = "me/service.html"
    own: OwnService
    reckoning: Reckoning
    was_sent: bool


@get("/me/lines/{transfer_id:int}")
async def get_line(request: Asking, transfer_id: FromPath[PathId]) -> Response[str]:
    """Why a line stands in one's passbook."""
    found, exchange = await database_of(request).read(_line, transfer_id, by=member(request))
    return show(
        request,
        LinePage(
            receipt=found,
            exchange=exchange,
            reckoning=None if found.service is None else _reckoning(found.service, spoken(request)),
            check_address=f"{request.base_url}check?number={found.code}",
        ),
    )


@get("/me/services/{participation_id:int}")
async def get_service(request: Asking, participation_id: FromPath[PathId]) -> Response[str]:
    """One's own service: how its points came about, and objecting to it."""
    return await _service(request, participation_id)


@post("/me/services/{participation_id:int}/objection", status_code=200)
async def post_objection(request: Asking, participation_id: FromPath[PathId]) -> Response[Any]:
    """Object to one's own line."""
    form, by = await sent_form(request), member(request)
    try:
        reason = form.read(Doubt).reason
        await write_form(request, form, ObjectionDecided, object_to_line, participation_id, reason=reason, by=by)
    except PointsBankError as refusal:
        return await _service(request, participation_id, form.refused(refusal))
    return go_to(f"/me/services/{participation_id}?sent=yes")


PAGES: list[Any] = [get_line, get_service, post_objection]


async def _service(request: Asking, participation_id: int, form: Form | None = None) -> Response[str]:
    own = await database_of(request).read(own_service, participation_id, by=member(request))
    reckoning = _reckoning(own.service, spoken(request))
    was_sent = own.is_doubted and "sent" in request.query_params
    return show(request, ServicePage(own=own, reckoning=reckoning, was_sent=was_sent), form)


def _line(tx: Transaction, transfer_id: int, *, by: Actor) -> tuple[Receipt, ExchangeBehind | None]:
    found = receipt(tx, transfer_id, by=by)
    return found, exchange_behind(tx, found.line)


def _reckoning(service: ServiceBehind, language: Language) -> Reckoning:
    arithmetic = Arithmetic.from_json(service.arithmetic)
    cuts = [each["explanation"] for each in explain_cuts(arithmetic, language)]
    return Reckoning(explain(arithmetic, language), cuts)
