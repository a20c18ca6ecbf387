"""Pages from templates: one Struct lists what a page gets; sentences are put into the reader's language."""

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import msgspec
import segno
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import MediaType, Response
from markupsafe import Markup, escape

from points_bank.clock import day_of
from points_bank.errors import Invalid, PointsBankError
from points_bank.i18n import tell, tell_fields, translate
from points_bank.site import formats
from points_bank.site.forms import Form
from points_bank.site.visits import Visit, remember_visitor, visit_of
from points_bank.site.words import WORDS
from points_bank.web import Asking, database_of


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a template gets as `page`. A page of its own lists its fields and names its template."""

    template: ClassVar[str]


def show(request: Asking, page: Page, form: Form | None = None, *, status_code: int | None = None) -> Response[str]:
    """A page as the answer. With a form that was refused, it shows what was typed and why, under the refusal's status.

    `form` is also what an empty form starts with.
    """
    visit = visit_of(request)
    form = form or Form()
    status = status_code or (form.refusal.status if form.refusal else 200)
    zone = database_of(request).settings.zone
    content = (
        templates()
        .get_template(page.template)
        .render(page=page, form=form, visit=visit, zone=zone, today=day_of(visit.now, zone))
    )
    response = Response(content, media_type=MediaType.HTML, status_code=status)
    response.headers["Vary"] = "Cookie, Accept-Language, HX-Request, HX-Boosted"
    response.headers["Cache-Control"] = "no-store" if visit.actor else "no-cache"
    remember_visitor(request, response)
    return response


def is_part_asked(request: Asking) -> bool:
    """Whether htmx asks for a part of a page, to be put into the one that is shown, and not for a whole one."""
    return request.headers.get("hx-request") == "true" and "hx-boosted" not in request.headers


@cache
def templates() -> Environment:
    """The environment of all templates. An unknown name in one is a mistake of ours and raises."""
    environment = Environment(
        loader=PackageLoader("points_bank"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    environment.globals |= {"t": _translated, "asset": asset, "qr": qr}
    environment.filters |= {
        "number": formats.number, "signed": formats.signed, "duration": _duration, "figure": _figure, "day": _day,
        "capital": formats.capital, "date": _date, "weekday": _weekday, "moment": _moment, "hour": _hour,
        "month": _month, "period": _period, "on": _on, "word": _word, "said": _said, "told": _told,
    }  # fmt: skip
    return environment


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with its content, so that browsers may keep it."""
    content = files("points_bank").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def qr(text: str) -> Markup:
    """A QR code as an SVG drawing that takes the size of its surroundings."""
    drawing: str = segno.make(text, error="m", micro=False).svg_inline(scale=1, omitsize=True, border=2, svgclass="qr")
    return Markup(drawing)


@pass_context
def _translated(context: Context, sentence: str, /, **values: Any) -> Markup:
    """`t("So many {points} points", points=3)`: values are escaped, unless they are markup already."""
    text = escape(translate(sentence, _visit(context).language))
    return Markup(text).format(**values) if values else Markup(text)


@pass_context
def _word(context: Context, value: StrEnum) -> str:
    """A word for a state, a kind, a role."""
    return translate(WORDS[type(value)][value], _visit(context).language)


@pass_context
def _said(context: Context, sentence: str, values: Mapping[str, Any] | None = None) -> str:
    """A sentence that an act gave to be said, put into the reader's language."""
    return translate(sentence, _visit(context).language, **(values or {}))


@pass_context
def _told(context: Context, refusal: PointsBankError, field: str | None = None) -> str:
    """A refusal's sentence, or the one about a field of it."""
    language = _visit(context).language
    if field is None or not isinstance(refusal, Invalid):
        return tell(refusal, language)
    return str(tell_fields(refusal, language)[field])


@pass_context
def _duration(context: Context, minutes: int) -> str:
    return formats.duration(minutes, _visit(context).language)


@pass_context
def _figure(context: Context, minutes: int) -> Markup:
    """A duration in large type, which breaks only between its hours and its minutes."""
    parts = re.findall(r"[^\d]?[\d,]+[^\d]+", _duration(context, minutes))
    return Markup("").join(Markup('<span class="unbroken">{}</span>').format(part) for part in parts)


@pass_context
def _period(context: Context, named: str) -> str:
    return formats.period(named, _visit(context).language, today=context["today"])


@pass_context
def _day(context: Context, on: Any) -> str:
    return formats.day(on, _visit(context).language, today=context["today"])


@pass_context
def _date(context: Context, on: Any) -> str:
    """A day with its year, as papers have it that are kept for long."""
    return formats.dated(on, _visit(context).language)


@pass_context
def _weekday(context: Context, on: Any) -> str:
    return formats.weekday(on, _visit(context).language)


@pass_context
def _moment(context: Context, at: Any) -> str:
    return formats.moment(at, _visit(context).language, zone=context["zone"], today=context["today"])


@pass_context
def _on(context: Context, at: Any) -> Any:
    """The district's date of an instant."""
    return day_of(at, context["zone"])


@pass_context
def _hour(context: Context, at: Any) -> str:
    return formats.hour(at, context["zone"])


@pass_context
def _month(context: Context, name: str) -> str:
    return formats.month(name, _visit(context).language, today=context["today"])


def _visit(context: Context) -> Visit:
    visit: Visit = context["visit"]
    return visit
