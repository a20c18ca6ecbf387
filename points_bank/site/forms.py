"""Forms: what was typed, what was wrong with it, and doing what was asked for once, however often it is sent."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar, get_origin
from urllib.parse import parse_qsl

import msgspec
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.response import Redirect
from msgspec.structs import replace

from points_bank.actor import Actor
from points_bank.errors import Forbidden, Invalid, KeyReused, PointsBankError, message
from points_bank.idempotency import Answer
from points_bank.site.visits import is_from_elsewhere, is_ours
from points_bank.typed import plain
from points_bank.validation import in_shape
from points_bank.web import Asking, write_keyed

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

PROOF, KEY = "form_proof", "form_key"
"""Hidden fields: that the page is ours, and a key so that sending twice does once."""
SENT = "sent_form"
"""Under this name a request keeps its form, for when nobody is signed in any more who could have sent it."""
SECRETS = frozenset({"password", "pin"})
"""Fields that are never put into a page again, and stay as they were typed until they are hashed or compared."""
MOST_FIELDS = 6_000
"""A sheet of a thousand people has some five fields for each; a page draws no more of them again."""

TOO_MANY_FIELDS = message("This form has more fields than any of ours.")
UNUSABLE = message("Has characters that cannot be used here.")


def new_key() -> str:
    return secrets.token_urlsafe(18)


class Form(msgspec.Struct, frozen=True):
    """What was typed, or what an empty form starts with; `refusal` is why it was not taken, and `beside` the field
    that a refusal which names none belongs to.

    The key goes with the form from when it is first shown until it is done.
    """

    values: Mapping[str, Sequence[str]] = msgspec.field(default_factory=dict)
    files: Mapping[str, UploadFile] = msgspec.field(default_factory=dict)
    refusal: PointsBankError | None = None
    beside: str | None = None
    key: str = msgspec.field(default_factory=new_key)

    def value(self, name: str, otherwise: object = "") -> str:
        """The text of a field, to be shown in it again."""
        typed = self.values.get(name)
        return typed[0] if typed else str(otherwise)

    def all(self, name: str) -> Sequence[str]:
        return self.values.get(name, ())

    @property
    def problems(self) -> Mapping[str, str]:
        """By field, the sentence (not yet translated) that says what is wrong."""
        if self.refusal is not None and self.beside:
            return {self.beside: self.refusal.sentence}
        return self.refusal.fields if isinstance(self.refusal, Invalid) else {}

    def refused(self, refusal: PointsBankError, *, beside: Mapping[str, str] = MappingProxyType({})) -> "Form":
        """The same form, to be shown again with the reason. What was done already is sent anew with another key.

        `beside` names by code the field that a refusal is about.
        """
        key = new_key() if isinstance(refusal, KeyReused) else self.key
        return replace(self, refusal=refusal, beside=beside.get(refusal.code), key=key)

    def read(self, shape: type[S]) -> S:
        """The form in the shape of a struct; a field left empty counts as not sent. Refuses `invalid` by field."""
        lists = {each.name for each in msgspec.structs.fields(shape) if _is_list(each.type)}
        known = {each.name for each in msgspec.structs.fields(shape)}
        sent = {
            name: [text for text in typed if text] if name in lists else typed[0]
            for name, typed in self.values.items()
            if name in known and (name in lists or any(typed[:1]))
        }
        return in_shape(sent, shape, strict=False)


class FormExpired(Forbidden):
    """403: the page that the form stood on is of another session. What was typed is kept, to be offered again."""

    code = "form_expired"
    sentence = message("This page is no longer good. What you typed is still here: look at it and send it again.")

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form


class FormDone(KeyReused):
    """422: this form was sent and done, and then changed and sent again, as with the back button."""

    sentence = message("This was done once already. Look whether it is as you want it; send it again only to do more.")


async def sent_form(request: Asking) -> Form:
    """The form that was sent. Full-width letters and digits become plain ones, and blanks around go: see `plain`.

    Refuses `form_expired` where the page it stood on is of another session, `forbidden` what another site sent, and
    `invalid` what no page of ours would send.
    """
    if is_from_elsewhere(request):
        raise Forbidden
    values: dict[str, list[str]] = {}
    uploads: dict[str, UploadFile] = {}
    for name, value in await _fields(request):
        if isinstance(value, UploadFile):
            uploads[name] = value
        elif "\x00" in name or "\x00" in value:
            raise Invalid({"body": UNUSABLE})
        else:
            values.setdefault(name, []).append(value if name in SECRETS else plain(value))
    (proof,), (key,) = values.pop(PROOF, [""])[:1], values.pop(KEY, [""])[:1]
    form = Form(values, uploads, key=key or new_key())
    request.state[SENT] = form
    if not is_ours(request, proof):
        raise FormExpired(form)
    return form


async def write_form(
    request: Asking, form: Form, returns: type[T], act: Callable[..., T], *args: Any, by: Actor, **kwargs: Any
) -> Answer[T]:
    """Run an act for a form: once, though the form is sent twice. Refuses `idempotency_key_reused` one that was done
    and changed after that. What is remembered of the form holds no secret."""
    values = {name: list(typed) for name, typed in form.values.items() if name not in SECRETS}
    content = msgspec.json.encode(values, order="sorted")
    try:
        return await write_keyed(request, returns, act, *args, by=by, key=form.key, content=content, **kwargs)
    except KeyReused as refusal:
        raise FormDone from refusal


def go_to(path: str) -> Redirect:
    """Go on to a page after something was done, so that reloading it does nothing twice."""
    return Redirect(path, status_code=303)


async def _fields(request: Asking) -> Iterable[tuple[str, Any]]:
    """The fields of a form as they came. Litestar's own reading of those without files keeps the last thousand bodies
    in memory, passwords included."""
    if request.content_type[0] != RequestEncodingType.URL_ENCODED:
        return (await request.form()).multi_items()
    body = (await request.body()).decode(errors="replace")
    try:
        return parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Invalid({"body": TOO_MANY_FIELDS}) from None


def _is_list(kind: Any) -> bool:
    return get_origin(kind) in (list, tuple, frozenset, set)
