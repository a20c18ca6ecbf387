"""The edge's ground: who is asking, refusals as problem+json, keyed requests, lists in pages, and shapes of values."""

import asyncio
import hashlib
import ipaddress
import logging
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar, cast

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import HTTPException, InternalServerException, SerializationException
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from points_bank.actor import Actor, ActorKind
from points_bank.callers import Callers
from points_bank.clock import day_of
from points_bank.database import Database
from points_bank.errors import (
    Busy,
    Forbidden,
    Invalid,
    KeyRequired,
    NotFound,
    PointsBankError,
    TooManyTries,
    Unauthenticated,
    message,
)
from points_bank.i18n import Language, language_of, tell, tell_fields
from points_bank.idempotency import Answer, KeyedRequest, once
from points_bank.looks.models import View
from points_bank.settings import Settings
from points_bank.staff.tokens import hash_of
from points_bank.staff.tries import Origin
from points_bank.transaction import Transaction
from points_bank.validation import NOT_JSON, in_shape, refusal_of
from points_bank.watching import Looks

log = logging.getLogger(__name__)

API = "/api/v1"

T = TypeVar("T")


class Asking(Request[Any, Any, State]):
    """A request to the bank. A body that cannot be read is refused, whatever is wrong with it."""

    async def json(self) -> Any:
        try:
            content = await super().json()
        except (SerializationException, UnicodeDecodeError, RecursionError) as error:
            raise Invalid({"body": NOT_JSON}) from error
        # Litestar would take "80" for 80; what moves points is taken as it is written.
        if (body := self.route_handler.parsed_data_field) is not None:
            in_shape(content, body.annotation)
        return content

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes. A caller who goes away in the middle is no fault of the bank's."""
        try:
            async for part in super().stream():
                yield part
        except InternalServerException as error:
            raise Invalid({"body": message("The request ended before all of it had come.")}) from error


LARGEST_ID = 2**62
"""No row has a larger id; it still fits every database's integer."""

# Control characters, marks that turn the direction of text around, lone surrogates.
_NEVER = "\\x00-\\x1f\\x7f-\\x9f\\xad\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060\\u2066-\\u2069\\ufeff"
# Python's `$` alone would let a last line break through.
NOT_BLANK = rf"^(?=.*\S)[^{_NEVER}]*$(?!\n)"
# A letter of any script, as the rows of files need one too: `138` and `=1+1` name nobody and nothing.
HAS_A_LETTER = rf"^(?=.*[^\W\d_])[^{_NEVER}]*$(?!\n)"
NO_SPACES = rf"^[^\s{_NEVER}]+$(?!\n)"

Id = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_ID)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$(?!\n)")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=HAS_A_LETTER)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=NOT_BLANK)]
ThingName = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=HAS_A_LETTER)]
"""What a branch, a desk, goods, a board or a sponsor is called."""
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=NOT_BLANK)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
PathId = Annotated[int, PathParameter(ge=1, le=LARGEST_ID)]
QueryId = Annotated[int | None, QueryParameter(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Cursor = Annotated[str | None, QueryParameter(max_length=100)]
__all__ = ["FromPath"]


class Problem(msgspec.Struct):
    """RFC 9457: `code` is for machines, `detail` for people, `fields` say what about."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, Any]


class Page(msgspec.Struct, Generic[T]):
    """A part of a list; `next_cursor` asks for what follows, null at the end."""

    items: list[T]
    next_cursor: str | None


def page_of(items: Sequence[T], *, limit: int, cursor_of: Callable[[T], object]) -> Page[T]:
    """A page from one item more than fits: that one only tells that there is a next page."""
    shown = list(items[:limit])
    return Page(shown, str(cursor_of(shown[-1])) if len(items) > limit else None)


def id_cursor(cursor: str | None) -> int | None:
    """The id at which a list goes on. Refuses `invalid` what is no cursor of ours."""
    if cursor is None:
        return None
    if not re.fullmatch("[0-9]{1,18}", cursor):
        raise Invalid({"cursor": message("Not a cursor of this list.")})
    return int(cursor)


SIGNED_IN, OPEN = {"signed_in": True}, {"signed_in": False}
"""`opt` of a router or handler: only for who has signed in, or for anyone."""
PAGE = {"page": True}
"""`opt` of pages: who is asking is told by the session's cookie, and bodies are forms."""
SESSION = "points_bank_session"
"""The cookie that holds the token of somebody who signed in with a browser."""
TAKES_FILES = {"takes_files": True}
"""`opt` of a handler whose body is a file and no JSON. It looks after the size itself: see `uploads.file_sent`."""
FORMS = frozenset({RequestEncodingType.MULTI_PART.value, RequestEncodingType.URL_ENCODED.value})


class CallerMiddleware:
    """Finds who is asking by their token. Where it says so, nobody is heard further who has not signed in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            if "\x00" in scope["path"]:
                raise NotFound
            scope["auth"], scope["user"] = await self._caller(scope)
            if scope["user"] is None and scope["route_handler"].opt.get("signed_in"):
                raise Unauthenticated
            _check_content_type(scope)
            if scope["method"] in {"POST", "PUT", "PATCH"}:
                receive = _in_time(receive, scope)
        await self.app(scope, receive, send)

    async def _caller(self, scope: HTTPScope) -> tuple[bytes | None, Actor | None]:
        """The hash of the token that was sent, and who it stands for.

        A cookie only opens pages, whose forms prove that they are ours, and only with the token of a session: one that
        was made for a program opens none. Anything else is asked with a token.
        """
        is_page = bool(scope["route_handler"].opt.get("page"))
        if is_page:
            token = _cookie(scope, name_of_cookie(_settings(scope), SESSION))
        else:
            scheme, _, token = _header(scope, b"authorization").partition(" ")
            token = token.strip() if scheme.lower() == "bearer" else ""
        if not token:
            return None, None
        digest, callers = hash_of(token), cast(Callers, scope["litestar_app"].state.callers)
        actor = await callers.find(digest, is_session=is_page)
        return (None, None) if actor is None else (digest, actor)


def _in_time(receive: Receive, scope: HTTPScope) -> Receive:
    """Refuse `invalid` a body that comes so slowly that it only keeps us waiting.

    When it has come, who is asking is asked again: they may have been shut out since it began.
    """
    until = asyncio.get_running_loop().time() + _settings(scope).body_wait_seconds
    is_whole = False

    async def receive_in_time() -> Any:
        nonlocal is_whole
        # After the body it only tells that the caller went away, for which there is no hurry.
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(until):
                sent: Any = await receive()
        except TimeoutError:
            raise Invalid({"body": message("The request took too long to come.")}) from None
        is_whole = not sent.get("more_body", False)
        if is_whole and scope["user"] is not None:
            await _ask_again(scope)
        return sent

    return receive_in_time


async def _ask_again(scope: HTTPScope) -> None:
    """Refuses `unauthenticated` where a token has been ended since it was looked at."""
    callers: Callers = scope["litestar_app"].state.callers
    actor = await callers.find(scope["auth"], is_session=bool(scope["route_handler"].opt.get("page")))
    if actor is None:
        raise Unauthenticated
    scope["user"] = actor


def anyone(request: Asking) -> Actor:
    """Who is asking, staff or member. Refuses `unauthenticated`."""
    actor: Actor | None = request.scope["user"]
    if actor is None:
        raise Unauthenticated
    return actor


def staff(request: Asking) -> Actor:
    """The member of staff who is asking. Refuses `unauthenticated`, and members with `forbidden`."""
    actor = anyone(request)
    if actor.kind is not ActorKind.STAFF:
        raise Forbidden
    return actor


def member(request: Asking) -> Actor:
    """The member who is asking about themselves. Refuses `unauthenticated`, and staff with `forbidden`."""
    actor = anyone(request)
    if actor.kind is not ActorKind.MEMBER:
        raise Forbidden
    return actor


def origin_of(request: Asking) -> Origin:
    """The address that somebody asks from; of an IPv6 one the part that one household or office shares, unless an IPv4
    one is written in it."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return Origin(host)
    if address.version == 6:
        mapped = address.ipv4_mapped
        return Origin(str(mapped or ipaddress.ip_network(f"{address}/64", strict=False)))
    return Origin(str(address))


def name_of_cookie(settings: Settings, name: str) -> str:
    return f"__Host-{name}" if settings.behind_tls else name


def token_hash_of(request: Asking) -> bytes:
    """The hash of the token that a signed-in caller sent."""
    digest: bytes = request.scope["auth"]
    return digest


def database_of(request: Asking) -> Database:
    database: Database = request.app.state.database
    return database


def forget_callers(request: Asking) -> None:
    callers: Callers = request.app.state.callers
    callers.forget()


def looked(request: Asking, view: View, *member_ids: int) -> None:
    """Remember that who is asking is about to be shown something of these people; it is written down a moment later."""
    looks: Looks = request.app.state.looks
    looks.add(view, member_ids, by=anyone(request))


def language(request: Asking) -> Language:
    return language_of(request.headers.get("accept-language"))


async def write_keyed(
    request: Asking,
    returns: type[T],
    act: Callable[..., T],
    *args: Any,
    by: Actor,
    key_required: bool = False,
    key: str | None = None,
    content: bytes | None = None,
    **kwargs: Any,
) -> Answer[T]:
    """Run an act for a POST, once per Idempotency-Key where one was sent; `by` goes to the act and is the key's owner.

    `key` stands for the header where a form carries its own, `content` for a body that is no JSON: a hash of a file,
    for example. Refuses `idempotency_key_required` where points or goods move, and `idempotency_key_reused`.
    """
    database, key = database_of(request), key or request.headers.get("idempotency-key")
    if key is None and not key_required:
        return Answer(await database.write(act, *args, by=by, **kwargs))
    if key is None:
        raise KeyRequired
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        raise Invalid({"Idempotency-Key": message("Send 1 to 255 visible ASCII characters.")})
    if content is None:
        content = msgspec.json.encode(await request.json(), order="sorted") if (await request.body()).strip() else b""
    digest = hashlib.sha256(request.scope["path"].encode() + b"\n" + content).digest()
    route = f"{request.method} {min(request.route_handler.paths)}"
    keyed = KeyedRequest(caller=by.keys_name, route=route, key=key, digest=digest)

    def keyed_act(tx: Transaction) -> Answer[T]:
        return once(tx, keyed, returns, lambda tx: act(tx, *args, by=by, **kwargs), act.__name__)

    keyed_act.__name__ = act.__name__
    return await database.write(keyed_act)


def respond(answer: Answer[Any], content: T, *, status_code: int = 200) -> Response[T]:
    """The answer of a POST; a repeat says so in a header."""
    headers = {"Idempotency-Replayed": "true"} if answer.is_replayed else {}
    return Response(content, status_code=status_code, headers=headers)


def problem(request: Asking, refusal: PointsBankError) -> Response[Problem]:
    """A refusal as RFC 9457 problem details, in the caller's language."""
    spoken = language(request)
    headers = {"Content-Language": spoken.value, "Vary": "Accept-Language"}
    if isinstance(refusal, Busy | TooManyTries) and "retry_after_seconds" in refusal.fields:
        headers["Retry-After"] = str(refusal.fields["retry_after_seconds"])
    if isinstance(refusal, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    text = tell(refusal, spoken)
    content = Problem("about:blank", text, refusal.status, text, refusal.code, tell_fields(refusal, spoken))
    return Response(content, status_code=refusal.status, media_type="application/problem+json", headers=headers)


def _refused(request: Asking, refusal: PointsBankError) -> Response[Problem]:
    return problem(request, refusal)


def problem_not_understood(request: Asking, error: HTTPException) -> Response[Problem]:
    refusal = refusal_of(error)
    if refusal.status == 500:
        log.error("unexpected %s at %s", error.status_code, request.url.path, exc_info=error)
    answer = problem(request, refusal)
    answer.headers |= (error.headers or {}) if error.status_code == 405 else {}
    return answer


def _failed(request: Asking, error: Exception) -> Response[Problem]:
    log.error("failed at %s %s", request.method, request.url.path, exc_info=error)
    return problem(request, PointsBankError())


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    PointsBankError: _refused,
    HTTPException: problem_not_understood,
    Exception: _failed,
}


def _check_content_type(scope: HTTPScope) -> None:
    """Refuse a body that does not call itself JSON, where no file is expected; one without a body needs no type."""
    has_body = _header(scope, b"content-length").strip("0") or _header(scope, b"transfer-encoding")
    if scope["method"] not in {"POST", "PUT", "PATCH"} or not has_body:
        return
    kind = _header(scope, b"content-type").partition(";")[0].strip().lower()
    if scope["route_handler"].opt.get("page"):
        if kind not in FORMS:
            raise Invalid({"Content-Type": message("Send the form of the page.")})
    elif scope["route_handler"].opt.get("takes_files"):
        if kind == RequestEncodingType.URL_ENCODED.value:
            raise Invalid({"Content-Type": message("Send the file itself, or a form as multipart/form-data.")})
    elif kind != RequestEncodingType.JSON.value:
        raise Invalid({"Content-Type": message("Send application/json.")})


def _settings(scope: HTTPScope) -> Settings:
    settings: Settings = scope["litestar_app"].state.database.settings
    return settings


def _header(scope: HTTPScope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _cookie(scope: HTTPScope, name: str) -> str:
    """A cookie's value as pages read it, too; whatever else stands beside it."""
    return ASGIConnection[Any, Any, Any, State](scope).cookies.get(name, "")


def today(request: Asking) -> Any:
    """The district's date, for defaults of a query."""
    database = database_of(request)
    return day_of(database.clock.now(), database.settings.zone)
