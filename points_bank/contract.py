"""The contract as OpenAPI, and the page at /docs that shows it without asking anyone outside."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.static_files import create_static_files_router

from points_bank import __version__
from points_bank.answers import (
    FILE_BODY,
    REFUSALS,
    SIGNING_IN,
    answers_of,
    close_bodies,
    in_words_of_json_schema,
    problem_schema,
    refusals_of,
)
from points_bank.site.serving import OWN_POLICY
from points_bank.web import API, OPEN, Asking

SUMMARY = (
    "A volunteer points bank. Refusals are RFC 9457 problem details with a stable `code`, in Chinese, or in English "
    "where Accept-Language prefers it. Lists come in pages; a cursor asks for the next. The same POST with the same "
    "Idempotency-Key gives the same answer."
)
OPEN_PATHS = {"/certificates/{number}", "/member-tokens", "/receipts/{code}", "/seals", "/staff-tokens"}
"""What nobody has to sign in for."""
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "1 to 255 visible ASCII characters. Needed where points or goods move.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
}
KEYLESS = SIGNING_IN | {"/activities/preview", "/redemptions/preview", "/rule-sets/trial"}
"""POSTs that write nothing to repeat, so that a key means nothing to them."""
NEEDS_KEY = "Needs an Idempotency-Key."


@get(f"{API}/openapi.json", opt=OPEN, include_in_schema=False, sync_to_thread=False)
def contract(request: Asking) -> Response[bytes]:
    """The contract, as OpenAPI. Written once: it takes so long that whoever asked often could keep desks waiting."""
    state = request.app.state
    if "contract" not in state:
        state["contract"] = msgspec.json.encode(described(request.app.openapi_schema.to_schema()))
    return Response(state["contract"], media_type=MediaType.JSON)


_INLINE = re.compile(rb"<(script|style)(?![^>]*\ssrc=)[^>]*>(.*?)</\1>", re.DOTALL)


class ContractPage(SwaggerRenderPlugin):
    """Swagger UI from files of this server, written once. It has a script and a style inside, and runs no others."""

    _page: bytes | None = None
    _policy = ""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._page is None:
            self._page = super().render(request, described(openapi_schema))
            self._policy = _policy_of(self._page)
        request.state[OWN_POLICY] = self._policy
        return self._page

    def receive_router(self, router: Router) -> None:
        """Nothing more: its page for OAuth is for who signs in elsewhere, and has a script of its own."""


def _policy_of(page: bytes) -> str:
    """What a browser may do for the page: ask this server, and run what is inside as it is."""
    hashes: dict[bytes, list[str]] = {b"script": [], b"style": []}
    for kind, text in _INLINE.findall(page):
        hashes[kind].append(f"'sha256-{b64encode(sha256(text).digest()).decode()}'")
    return (
        f"default-src 'none'; script-src 'self' {' '.join(hashes[b'script'])}; "
        f"style-src 'self' {' '.join(hashes[b'style'])}; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )


def openapi_config() -> OpenAPIConfig:
    """Litestar's part of the contract. The page has /docs to itself: what it does not know is its own 404."""
    page = ContractPage(
        js_url="/docs-files/swagger-ui-bundle.js",
        css_url="/docs-files/swagger-ui.css",
        standalone_preset_js_url="/docs-files/swagger-ui-standalone-preset.js",
        favicon='<link rel="icon" href="/docs-files/favicon-32x32.png">',
        path="/",
    )
    return OpenAPIConfig(
        title="Points Bank", version=__version__, description=SUMMARY, path="/docs", render_plugins=[page],
        use_handler_docstrings=True,
    )  # fmt: skip


def page_files() -> Router:
    """The files of Swagger UI, from its package."""
    folder = str(files("swagger_ui").joinpath("static"))
    return create_static_files_router("/docs-files", [folder], include_in_schema=False)


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what Litestar does not know of us: nouns as tags, tokens, keys, and refusals as problems."""
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    components.setdefault("schemas", {})["Problem"] = problem_schema()
    components["responses"] = {refusal.name: refusal.as_response() for refusal in REFUSALS}
    for address, item in schema["paths"].items():
        path = address.removeprefix(API)
        for method, operation in item.items():
            operation["tags"] = [path.split("/")[1]]
            operation["security"] = [] if path in OPEN_PATHS else [{"token": []}]
            parameters = [each for each in operation.get("parameters", []) if each["name"] != KEY_PARAMETER["name"]]
            if method == "post" and path not in KEYLESS:
                parameters.append(KEY_PARAMETER | {"required": operation["description"].endswith(NEEDS_KEY)})
            operation["parameters"] = parameters
            if (method, path) == ("post", "/imports"):
                operation["requestBody"] = FILE_BODY
            operation["responses"] = answers_of(method, path, operation) | refusals_of(method, path, operation)
    close_bodies(schema)
    described_schema: dict[str, Any] = in_words_of_json_schema(schema)
    return described_schema
