"""What a member was told, on their phone."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from points_bank.clock import day_of
from points_bank.i18n import Language
from points_bank.messages.reading import MessageLine, messages_of, read_messages
from points_bank.outbox import sentence_of
from points_bank.site.formats import day
from points_bank.site.forms import go_to, sent_form
from points_bank.site.rendering import Page, show
from points_bank.site.visits import spoken
from points_bank.web import LARGEST_ID, Asking, Cursor, database_of, id_cursor, member

MESSAGES_OF_A_PAGE = 20


class Seen(msgspec.Struct):
    up_to_id: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_ID)]


class Told(msgspec.Struct, frozen=True):
    """A message and its sentence in the reader's language."""

    line: MessageLine
    text: str


class MessagesPage(Page, frozen=True, kw_only=True):
    """`unread_up_to` is the newest message of the page where one of them is not read yet."""

    template: ClassVar[str] = "me/messages.html"
    messages: Sequence[Told]
    unread_up_to: int | None
    older_before: int | None


@get("/me/messages")
async def get_messages(request: Asking, before: FromQuery[Cursor] = None) -> Response[str]:
    """What the member was told, newest first."""
    by, database = member(request), database_of(request)
    found = await database.read(
        messages_of, by.id, is_unread=False, before_id=id_cursor(before), limit=MESSAGES_OF_A_PAGE, by=by
    )
    today = day_of(database.clock.now(), database.settings.zone)
    shown = [Told(line, _text(line, spoken(request), today)) for line in found[:MESSAGES_OF_A_PAGE]]
    has_unread = any(told.line.read_at is None for told in shown)
    return show(
        request,
        MessagesPage(
            messages=shown,
            unread_up_to=shown[0].line.id if has_unread else None,
            older_before=shown[-1].line.id if len(found) > MESSAGES_OF_A_PAGE else None,
        ),
    )


@post("/me/messages/read", status_code=200)
async def post_read(request: Asking) -> Response[Any]:
    """Note that the member has read what is shown, and all before it."""
    seen = (await sent_form(request)).read(Seen)
    await database_of(request).write(read_messages, up_to_id=seen.up_to_id, by=member(request))
    return go_to("/me/messages")


PAGES: list[Any] = [get_messages, post_read]


def _text(line: MessageLine, language: Language, today: date) -> str:
    """The sentence, with dates as people say them."""
    figures = {
        name: day(date.fromisoformat(str(value)), language, today=today) if name.endswith("_on") else value
        for name, value in line.figures.items()
    }
    return sentence_of(line.kind, figures, language)
