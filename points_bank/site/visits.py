"""Who is looking at a page, in which language and size, and the proof that a form came from a page of ours."""

import hmac
import re
import secrets
from datetime import datetime
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Response
from litestar.datastructures import Cookie
from msgspec.structs import replace

from points_bank.actor import Actor, ActorKind, Role
from points_bank.i18n import Language, language_of
from points_bank.keys import Keys
from points_bank.staff.tries import GuardedAccount, Origin, mark_of
from points_bank.web import SESSION, Asking, database_of, name_of_cookie, origin_of

VISITOR, LANGUAGE, LARGE = "points_bank_visitor", "points_bank_language", "points_bank_large"
KNOWN, MOST_MARKS = "points_bank_known", 8
"""The cookie of a browser that somebody signed in with, and how many accounts it remembers."""
RANDOM_LETTERS, PROOF_LETTERS = 16, 16
"""Of a browser's own name: random ones, and those that prove that they were chosen here."""
YEAR_SECONDS = 366 * 24 * 3_600


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a page. `proof` has to come back with every form; `path` is the page with its query."""

    actor: Actor | None
    language: Language
    is_large: bool
    proof: str
    path: str
    now: datetime

    @property
    def is_staff(self) -> bool:
        return self.actor is not None and self.actor.kind is ActorKind.STAFF

    @property
    def is_member(self) -> bool:
        return self.actor is not None and self.actor.kind is ActorKind.MEMBER

    def has(self, *roles: str) -> bool:
        """Whether who looks has one of the roles (`administrator`, `clerk`...) over any branch; for menus only."""
        wanted = {Role(role) for role in roles}
        return self.actor is not None and any(right.role in wanted for right in self.actor.rights)


def visit_of(request: Asking) -> Visit:
    """Who looks, as the cookies tell."""
    database = database_of(request)
    return Visit(
        actor=request.scope.get("user"),
        language=spoken(request),
        is_large=request.cookies.get(cookie_name(request, LARGE)) == "1",
        proof=proof_of(request),
        path=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        now=database.clock.now(),
    )


def spoken(request: Asking) -> Language:
    """The language that was chosen, else the browser's."""
    chosen = request.cookies.get(cookie_name(request, LANGUAGE))
    return Language(chosen) if chosen in set(Language) else language_of(request.headers.get("accept-language"))


def proof_of(request: Asking) -> str:
    """What a form must send back: derived from the session, or from a random mark of the browser before sign-in."""
    known_by = request.cookies.get(cookie_name(request, SESSION)) or _visitor(request)
    return database_of(request).keys.digest("form", known_by).hex()[:32]


def is_ours(request: Asking, proof: str) -> bool:
    """Whether a form came from a page that this browser was given, in this session."""
    return hmac.compare_digest(proof_of(request).encode(), proof.encode())


def is_from_elsewhere(request: Asking) -> bool:
    """Whether the browser itself says that another site sent this."""
    site = request.headers.get("sec-fetch-site")
    return site is not None and site not in {"same-origin", "none"}


def remember_visitor(request: Asking, response: Response[str]) -> None:
    """Give a browser without a session a mark of its own, once."""
    if not {cookie_name(request, SESSION), cookie_name(request, VISITOR)} & request.cookies.keys():
        response.set_cookie(cookie_of(request, VISITOR, _visitor(request), seconds=None))


def cookie_of(request: Asking, name: str, value: str, *, seconds: int | None) -> Cookie:
    """A cookie that only our server reads, sent over TLS only where this request came over it."""
    return Cookie(
        key=cookie_name(request, name), value=value, path="/", max_age=seconds, httponly=True, samesite="lax",
        secure=database_of(request).settings.behind_tls or request.url.scheme == "https",
    )  # fmt: skip


def cookie_name(request: Asking, name: str) -> str:
    """Behind TLS, browsers take cookies with this prefix from our server alone, over TLS alone."""
    return name_of_cookie(database_of(request).settings, name)


def browser_of(request: Asking) -> Origin:
    """Where somebody who signs in comes from: the address, and in which accounts this browser was before."""
    browser, *marks = request.cookies.get(cookie_name(request, KNOWN), "").split(".")
    if not is_name_of_ours(database_of(request).keys, browser):
        return origin_of(request)
    return replace(origin_of(request), browser=browser, marks=tuple(marks[-MOST_MARKS:]))


def known_browser(request: Asking, account: GuardedAccount) -> Cookie:
    """What tells from now on that somebody signed in to the account here, until its secret is another."""
    origin, keys = browser_of(request), database_of(request).keys
    browser = origin.browser or new_name(keys)
    mark = mark_of(keys, browser, account)
    marks = [*(each for each in origin.marks if each != mark), mark][-MOST_MARKS:]
    return cookie_of(request, KNOWN, ".".join([browser, *marks]), seconds=YEAR_SECONDS)


def new_name(keys: Keys) -> str:
    """A browser's own name, which only we can make: nobody chooses what is counted by."""
    return _with_proof(keys, secrets.token_urlsafe(RANDOM_LETTERS * 3 // 4))


def is_name_of_ours(keys: Keys, name: str) -> bool:
    """Whether `new_name` made it."""
    looks_so = re.fullmatch(rf"[A-Za-z0-9_-]{{{RANDOM_LETTERS + PROOF_LETTERS}}}", name) is not None
    return looks_so and hmac.compare_digest(_with_proof(keys, name[:RANDOM_LETTERS]), name)


def inside(address: str | None, *, otherwise: str = "/") -> str:
    """An address to go on to, if it is a path of this site."""
    if not address or not address.startswith("/") or "\\" in address or address.startswith("//"):
        return otherwise
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or any(ord(letter) < 32 for letter in address):
        return otherwise
    return quote(address, safe="/?&=%:+,;@-._~")


def _with_proof(keys: Keys, random: str) -> str:
    return random + keys.digest("browser", random).hex()[:PROOF_LETTERS]


def _visitor(request: Asking) -> str:
    """The browser's mark; one that was made for this request is the same until its end."""
    marked = request.cookies.get(cookie_name(request, VISITOR))
    if marked is None:
        marked = request.scope.setdefault("state", {}).setdefault(VISITOR, secrets.token_urlsafe(24))
    return str(marked)
