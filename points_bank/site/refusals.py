"""Refusals as pages: what happened, and what to do now. Who has not signed in is led to where they can."""

import logging
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from points_bank.errors import (
    Invalid,
    MethodNotAllowed,
    NotFound,
    PointsBankError,
    Unauthenticated,
)
from points_bank.i18n import tell, tell_fields
from points_bank.site.forms import SECRETS, SENT, Form, FormExpired
from points_bank.site.rendering import Page, show
from points_bank.site.visits import spoken, visit_of
from points_bank.validation import refusal_of
from points_bank.web import Asking

log = logging.getLogger(__name__)


class RefusalPage(Page, frozen=True, kw_only=True):
    """`told` is the refusal's sentence in the reader's language."""

    template: ClassVar[str] = "site/refusal.html"
    refusal: PointsBankError
    told: str
    problems: Sequence[str]


class ExpiredPage(Page, frozen=True, kw_only=True):
    """The filled form once more, to be sent again with a good proof to `path`; `shown` is what was typed, by name.

    Who `must_sign_in` does so beside this page, which stays as it is.
    """

    template: ClassVar[str] = "site/expired.html"
    path: str
    shown: Sequence[tuple[str, str]]
    must_sign_in: bool


def refused_page(request: Asking, refusal: PointsBankError) -> Response[Any]:
    """A refusal as a page of its own, for what no form can show beside its field."""
    if isinstance(refusal, Unauthenticated) and request.method == "GET":
        return Redirect(f"/sign-in?next={quote(visit_of(request).path, safe='')}", status_code=303)
    if isinstance(refusal, FormExpired):
        return _offered_again(request, refusal, refusal.form)
    if isinstance(refusal, Unauthenticated) and SENT in request.state:
        return _offered_again(request, refusal, request.state[SENT])
    language = spoken(request)
    problems = list(tell_fields(refusal, language).values()) if isinstance(refusal, Invalid) else []
    page = RefusalPage(refusal=refusal, told=tell(refusal, language), problems=problems)
    response = show(request, page, status_code=refusal.status)
    if "retry_after_seconds" in refusal.fields and not isinstance(refusal, Invalid):
        response.headers["Retry-After"] = str(refusal.fields["retry_after_seconds"])
    return response


def _offered_again(request: Asking, refusal: PointsBankError, form: Form) -> Response[Any]:
    values = {name: typed for name, typed in form.values.items() if name not in SECRETS}
    shown = [(name, text) for name, typed in values.items() for text in typed if text]
    must_sign_in = isinstance(refusal, Unauthenticated)
    page = ExpiredPage(path=visit_of(request).path, shown=shown, must_sign_in=must_sign_in)
    return show(request, page, Form(values, key=form.key), status_code=refusal.status)


def page_not_understood(request: Asking, error: HTTPException) -> Response[Any]:
    refusal = refusal_of(error)
    if refusal.status == 500:
        log.error("unexpected %s at %s", error.status_code, request.url.path, exc_info=error)
    return refused_page(request, NotFound() if isinstance(refusal, MethodNotAllowed) else refusal)


def _failed(request: Asking, error: Exception) -> Response[Any]:
    log.error("failed at %s %s", request.method, request.url.path, exc_info=error)
    return refused_page(request, PointsBankError())


PAGE_EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    PointsBankError: refused_page,
    HTTPException: page_not_understood,
    Exception: _failed,
}
