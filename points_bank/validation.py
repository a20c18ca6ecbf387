"""What is wrong with what was sent, in the bank's words: by field, a sentence that people understand."""

import re
from typing import Any, TypeVar

import msgspec
from litestar.exceptions import HTTPException, ValidationException

from points_bank.errors import Invalid, MethodNotAllowed, NotFound, PointsBankError, message

T = TypeVar("T")

NOT_JSON = message("Not readable as JSON.")
NEEDED = message("Is needed.")

_WRONG = (
    (r"missing required field `(?P<field>\w+)`", NEEDED),
    (r"unknown field `(?P<field>.*)`", message("Is not known here.")),
    (r"Expected `(str|array|object)` of length", message("Too short or too long.")),
    (
        r"Expected `str` matching regex '\^\(\?=\.\*\[",
        message("A name has letters, and no characters that cannot be seen."),
    ),
    (r"Expected `str` matching regex '\^\(\?=", message("Is empty, or has characters that cannot be used here.")),
    (r"Expected `str` matching regex", message("Not in the form that is expected here.")),
    (r"Expected `(int|float)` [<>]", message("Out of range.")),
    (
        r"Invalid .*datetime|Expected `datetime` with",
        message("A time with its offset is needed, such as 2026-11-14T08:30:00+08:00."),
    ),
    (r"Invalid .*date", message("A date is needed, such as 2026-11-14.")),
    (r"Invalid enum value", message("Not one of the values possible here.")),
)
_OTHERWISE = message("Not the kind of value expected here.")

_WRONG_IN_FORMS = (
    (r"Expected `(int|float)( \| null)?`, got `str`", message("Write a whole number, such as 10.")),
    (r"Expected `int` >= (?P<least>-?\d{1,9})$", message("{least} is the least.")),
    (r"Expected `int` <= (?P<most>-?\d{1,9})$", message("{most} is the most.")),
    (r"Expected `str` of length <= (?P<most>\d+)$", message("Too long: {most} characters at most.")),
    (r"Expected `str` of length >= (?P<least>\d+)$", message("Too short: at least {least} characters.")),
)
"""What people are told who typed it, with the bound that they went beyond."""


def in_shape(values: Any, shape: type[T], *, strict: bool = True) -> T:
    """Plain values in the shape of a body. Refuses `invalid` by field.

    None is taken for what it is not, but where they are not `strict`: all that a form sends is text.
    """
    try:
        return msgspec.convert(values, shape, strict=strict)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        field, sentence = _wrong(path.strip(".`"), text)
        typed = None if strict else _wrong_in_form(text)
        raise (Invalid({field: typed[0]}, **typed[1]) if typed else Invalid({field: sentence})) from None


def refusal_of(error: HTTPException) -> PointsBankError:
    """Litestar's own refusals in the bank's words; what cannot be put so is our mistake."""
    if isinstance(error, ValidationException):
        lacking = re.search(r"[Mm]issing required .*parameter '?(\w+)", error.detail)
        return Invalid({lacking[1]: NEEDED}) if lacking else _invalid(error.extra)
    known = {
        400: Invalid({"body": NOT_JSON}),
        404: NotFound(),
        405: MethodNotAllowed(),
        413: Invalid({"body": message("Too large.")}),
    }
    return known.get(error.status_code) or PointsBankError()


def _invalid(extra: Any) -> PointsBankError:
    """What msgspec found wrong, by field; an id in the path that cannot be one is not found."""
    found = extra if isinstance(extra, list) else []
    if any(each.get("source") == "path" for each in found):
        return NotFound()
    return Invalid(dict(_wrong(str(each.get("key", "body")), str(each.get("message", ""))) for each in found))


def _wrong_in_form(text: str) -> tuple[str, dict[str, object]] | None:
    """For what msgspec says of a text that somebody typed, a sentence and its values."""
    for pattern, sentence in _WRONG_IN_FORMS:
        if match := re.search(pattern, text):
            return sentence, {name: int(bound) for name, bound in match.groupdict().items()}
    return None


def _wrong(path: str, text: str) -> tuple[str, str]:
    """A field and our sentence for what msgspec says of it."""
    above = "" if path in {"body", "data"} else path
    for pattern, sentence in _WRONG:
        if match := re.search(pattern, text):
            field = match.groupdict().get("field") or ""
            return ".".join(filter(None, (above, field))) or "body", sentence
    return above or "body", _OTHERWISE
