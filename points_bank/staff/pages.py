"""The way in: the first page, signing in and out, how one likes pages, and the browsers one is signed in with."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from points_bank.errors import PointsBankError
from points_bank.i18n import Language
from points_bank.members.pins import secret_of
from points_bank.members.signing_in import begin_member_session, find_pin_by_number
from points_bank.site.forms import SECRETS, Form, go_to, sent_form
from points_bank.site.rendering import Page, show
from points_bank.site.visits import (
    LANGUAGE,
    LARGE,
    YEAR_SECONDS,
    browser_of,
    cookie_name,
    cookie_of,
    inside,
    known_browser,
    spoken,
    visit_of,
)
from points_bank.staff.passwords import LONGEST, is_password
from points_bank.staff.sessions import (
    Preference,
    SessionLine,
    begin_staff_session,
    end_session,
    keep_preference,
    own_sessions,
)
from points_bank.staff.signing_in import find_credentials
from points_bank.staff.tokens import end_token, hash_of, new_token
from points_bank.staff.tries import GuardedAccount
from points_bank.web import SESSION, Asking, PathId, anyone, database_of, forget_callers, token_hash_of

SESSION_SECONDS = 30 * 24 * 3_600
"""How long a browser keeps the cookie; how long its token is good, the bank decides."""


class StaffSignIn(msgspec.Struct):
    login: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    password: Annotated[str, msgspec.Meta(max_length=LONGEST)]


class MemberSignIn(msgspec.Struct):
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    pin: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class Liking(msgspec.Struct):
    language: Language | None = None
    large: bool | None = None
    next: str = "/"


class HomePage(Page, frozen=True, kw_only=True):
    """The first page: what the bank is, and the ways into it that are open to who looks."""

    template: ClassVar[str] = "site/home.html"


class SignInPage(Page, frozen=True, kw_only=True):
    """Two forms: members with a number and a PIN, staff with a login and a password. `next` is where they go on to."""

    template: ClassVar[str] = "site/sign_in.html"
    next: str
    is_for_staff: bool


class SessionsPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "site/sessions.html"
    sessions: Sequence[SessionLine]


@get("/")
async def get_home(request: Asking) -> Response[str]:
    """The first page."""
    return show(request, HomePage())


@get("/sign-in")
async def get_sign_in(
    request: Asking,
    staff: FromQuery[bool] = False,
) -> Response[str]:
    """Where members and staff sign in."""
    return show(request, SignInPage(next=inside(request.query_params.get("next"), otherwise=""), is_for_staff=staff))


@post("/sign-in/member", status_code=200)
async def post_member_sign_in(request: Asking) -> Response[Any]:
    """Sign in a member with the number of a card or phone, and a PIN."""
    form, database, token = await sent_form(request), database_of(request), new_token()
    try:
        sent = form.read(MemberSignIn)
        found = await database.read(find_pin_by_number, number=sent.number, origin=browser_of(request))
        is_pin = await asyncio.to_thread(is_password, secret_of(found.member_id, sent.pin), found.pin_hash)
        liked = await database.write(begin_member_session, found, is_pin=is_pin, **_of_browser(request, token))
    except PointsBankError as refusal:
        return _not_signed_in(request, form, refusal, is_for_staff=False)
    return _signed_in(request, form, token, liked, account=found.account, home="/me")


@post("/sign-in/staff", status_code=200)
async def post_staff_sign_in(request: Asking) -> Response[Any]:
    """Sign in a member of staff with login and password."""
    form, database, token = await sent_form(request), database_of(request), new_token()
    try:
        sent = form.read(StaffSignIn)
        found = await database.read(find_credentials, login=sent.login, origin=browser_of(request))
        is_right = await asyncio.to_thread(is_password, sent.password, found.password_hash)
        liked = await database.write(begin_staff_session, found, is_password=is_right, **_of_browser(request, token))
    except PointsBankError as refusal:
        return _not_signed_in(request, form, refusal, is_for_staff=True)
    return _signed_in(request, form, token, liked, account=found.account, home="/")


@post("/sign-out", status_code=200)
async def post_sign_out(request: Asking) -> Response[Any]:
    """End the session of this browser."""
    await sent_form(request)
    if request.scope["auth"]:
        await database_of(request).write(end_token, token_hash_of(request))
        forget_callers(request)
    answer = go_to("/")
    answer.delete_cookie(cookie_name(request, SESSION))
    return answer


@post("/preferences", status_code=200)
async def post_preferences(request: Asking) -> Response[Any]:
    """Another language, or another size: kept in the browser, and with the person who has signed in."""
    form = await sent_form(request)
    sent, before = form.read(Liking), visit_of(request)
    language = sent.language or spoken(request)
    is_large = before.is_large if sent.large is None else sent.large
    if before.actor is not None:
        await database_of(request).write(keep_preference, language=language.value, is_large=is_large, by=before.actor)
    return _liked(request, go_to(inside(sent.next)), Preference(language.value, is_large))


@get("/sessions")
async def get_sessions(request: Asking) -> Response[str]:
    """The browsers that the caller is signed in with."""
    by, current = anyone(request), token_hash_of(request)
    return show(request, SessionsPage(sessions=await database_of(request).read(own_sessions, current=current, by=by)))


@post("/sessions/{session_id:int}/end", status_code=200)
async def post_session_end(request: Asking, session_id: FromPath[PathId]) -> Response[Any]:
    """End one of the caller's sessions."""
    await sent_form(request)
    await database_of(request).write(end_session, session_id, by=anyone(request))
    forget_callers(request)
    return go_to("/sessions")


def _of_browser(request: Asking, token: str) -> dict[str, Any]:
    """What a new session is made of; the one that this browser had ends."""
    return {
        "token_hash": hash_of(token),
        "device": request.headers.get("user-agent", ""),
        "instead_of": request.scope["auth"],
    }


def _signed_in(
    request: Asking, form: Form, token: str, liked: Preference, *, account: GuardedAccount, home: str
) -> Response[Any]:
    forget_callers(request)
    answer = go_to(inside(form.value("next"), otherwise=home))
    answer.set_cookie(cookie_of(request, SESSION, token, seconds=SESSION_SECONDS))
    answer.set_cookie(known_browser(request, account))
    return _liked(request, answer, liked) if liked.language else answer


def _not_signed_in(request: Asking, form: Form, refusal: PointsBankError, *, is_for_staff: bool) -> Response[str]:
    """What was typed stays, but for the secret."""
    kept = {name: typed for name, typed in form.values.items() if name not in SECRETS}
    again = Form(kept, refusal=refusal)
    return show(request, SignInPage(next=inside(form.value("next"), otherwise=""), is_for_staff=is_for_staff), again)


def _liked(request: Asking, answer: Response[Any], liked: Preference) -> Response[Any]:
    assert liked.language is not None, "chosen"
    answer.set_cookie(cookie_of(request, LANGUAGE, liked.language, seconds=YEAR_SECONDS))
    answer.set_cookie(cookie_of(request, LARGE, "1" if liked.is_large else "0", seconds=YEAR_SECONDS))
    return answer


PAGES: list[Any] = [
    get_home,
    get_sign_in,
    post_member_sign_in,
    post_staff_sign_in,
    post_sign_out,
    post_preferences,
    get_sessions,
    post_session_end,
]
