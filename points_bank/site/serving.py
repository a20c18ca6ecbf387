"""Where pages are served: the headers that keep others out of them, and the static files beside them."""

from importlib.resources import files
from typing import Any, Self

from litestar import Response, Router
from litestar.exceptions import HTTPException
from litestar.routes import BaseRoute, HTTPRoute
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler, Message, Scope

from points_bank.site.refusals import PAGE_EXCEPTION_HANDLERS, page_not_understood
from points_bank.web import API, PAGE, Asking, problem_not_understood

POLICY = """
default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:;
media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self';
frame-ancestors 'none'; base-uri 'none'
""".replace("\n", " ").strip()
"""Nothing from outside and nothing inline. Reading a QR code is compiled code; no text ever becomes a script."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
YEAR_SECONDS = 366 * 24 * 3_600
STRICT = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
"""What an answer says that says nothing of it by itself: those of the API, and refusals that no page had."""
OWN_POLICY = "own_policy"
"""Under this name the state of a request has the policy of a page that another program writes, scripts and all."""
OVER_TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")


async def harden(message: Message, scope: Scope) -> None:
    """Complete the headers of every answer, wherever it comes from: refusals of pages have met no `guarded`."""
    if message["type"] != "http.response.start":
        return
    said = {name.lower(): value for name, value in message["headers"]}
    is_page = said.get(b"content-type", b"").startswith(b"text/html")
    more = _FOR_PAGES if is_page else STRICT
    if OWN_POLICY in scope["state"]:
        more = [(b"content-security-policy", scope["state"][OWN_POLICY].encode()), *more[1:]]
    if scope["litestar_app"].state.database.settings.behind_tls:
        more = [*more, OVER_TLS_ONLY]
    message["headers"] = [*message["headers"], *(each for each in more if each[0] not in said)]


_FOR_PAGES = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


def guarded(response: Response[Any]) -> Response[Any]:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


class Section(Router):
    """A part of the only application that has it.

    Litestar copies a router deeply, with all its handlers, lest two applications share one: half the work of a start.
    And where handlers share a path, it would have OPTIONS tell only what the first of them knows.
    """

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        return [self._whole(route) for route in super().register(value)]

    def _whole(self, route: BaseRoute) -> BaseRoute:
        if not isinstance(route, HTTPRoute):
            return route
        handlers = [each for each in route.route_handlers if each.http_methods != {"OPTIONS"}]
        whole = HTTPRoute(path=route.path, route_handlers=handlers)
        self.routes[self.routes.index(route)] = whole
        return whole

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def pages(handlers: list[ControllerRouterHandler]) -> Section:
    """Handlers as pages: refusals become pages too, and the session's cookie says who is looking."""
    return Section(
        "/", route_handlers=handlers, opt=PAGE, exception_handlers=PAGE_EXCEPTION_HANDLERS,
        after_request=guarded, include_in_schema=False,
    )  # fmt: skip


def page_or_problem(request: Asking, error: HTTPException) -> Response[Any]:
    """What has no handler of its own: a page for a browser that went astray, a problem for any other client."""
    is_reading = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(API)
    return guarded(page_not_understood(request, error)) if is_reading else problem_not_understood(request, error)


def static_files() -> Router:
    """Styles, scripts and pictures. Their addresses change with their content."""
    folder = str(files("points_bank").joinpath("static"))
    return create_static_files_router(
        "/static", [folder], include_in_schema=False,
        after_request=_kept_long,
    )  # fmt: skip


def _kept_long(response: Any) -> Any:
    response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
