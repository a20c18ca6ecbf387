"""Each request: an id that goes through to its acts and back with its answer, a figure, and a line in the log.

A line names the route with its ids left open, never the address itself: that may hold the name somebody searched for.
"""

import logging
import re
import secrets
from time import perf_counter

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from points_bank.observing import REQUEST, RequestSeen, as_log

log = logging.getLogger(__name__)

SLOW_SECONDS = 2.0
"""A request that takes longer is in the log, whether others are or not."""
_FITTING = re.compile(rb"[A-Za-z0-9._:-]{8,64}")


class RequestMiddleware:
    """Begins a request: with the id that a proxy gave it in `X-Request-Id`, where it gave a fitting one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            REQUEST.set(RequestSeen(_id_of(scope), perf_counter()))
        await self.app(scope, receive, send)


async def end_request(message: Message, scope: Scope) -> None:
    """Before an answer is sent: put the request's id on it, and tell the log and the figures about it.

    What no route knows has met no middleware. It has an id, and no figure, whose labels anybody could multiply.
    """
    if message["type"] != "http.response.start" or scope["type"] != ScopeType.HTTP:
        return
    request = REQUEST.get()
    if request is None:
        message["headers"] = [*message["headers"], (b"x-request-id", _id_of(scope).encode())]
        return
    message["headers"] = [*message["headers"], (b"x-request-id", request.id.encode())]
    state = scope["litestar_app"].state
    seconds, status = perf_counter() - request.began, message["status"]
    request.is_answered = True
    state.database.watchers.request_ended(scope["method"], _route_of(scope), status, seconds)
    if state.access_log or seconds > SLOW_SECONDS:
        _write_line(request, scope, status, seconds)


def _write_line(request: RequestSeen, scope: HTTPScope, status: int, seconds: float) -> None:
    caller = scope.get("user")
    fields = {
        "method": scope["method"],
        "route": _route_of(scope),
        "status": status,
        "ms": round(seconds * 1_000, 1),
        "caller": caller.name if caller is not None else None,
        "acts": [as_log(each) for each in request.acts],
    }
    log.info("%s %s %d", fields["method"], fields["route"], status, extra=fields)


def _route_of(scope: HTTPScope) -> str:
    return str(scope.get("path_template", ""))


def _id_of(scope: HTTPScope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _FITTING.fullmatch(given) else secrets.token_hex(8)
