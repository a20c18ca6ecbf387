"""Messages over JSON: a member's own, and for staff who tell a member without a phone."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from points_bank.actor import Actor
from points_bank.i18n import Language
from points_bank.looks.models import View
from points_bank.messages.reading import MessageLine, ReadMessage, messages_of, read_message
from points_bank.outbox import MessageKind, sentence_of
from points_bank.web import (
    Asking,
    Cursor,
    Limit,
    Page,
    PathId,
    database_of,
    id_cursor,
    language,
    looked,
    member,
    page_of,
    respond,
    staff,
    write_keyed,
)


class MessageOut(msgspec.Struct):
    """`text` is in the reader's language; `about` names the cause (`correction:5`), `figures` what the text says."""

    id: int
    kind: MessageKind
    text: str
    about: str
    figures: dict[str, Any]
    told_at: datetime
    read_at: datetime | None


@get("/me/messages")
async def get_own_messages(
    request: Asking, unread: FromQuery[bool] = False, limit: FromQuery[Limit] = 50, cursor: FromQuery[Cursor] = None
) -> Page[MessageOut]:
    """What the caller was told, newest first; with `unread` only what is not read yet."""
    by = member(request)
    return await _messages(request, by.id, by, unread, limit, cursor)


@post("/me/messages/{message_id:int}/reading", status_code=200)
async def post_reading(request: Asking, message_id: FromPath[PathId]) -> Response[ReadMessage]:
    """Note that the caller has read a message."""
    answer = await write_keyed(request, ReadMessage, read_message, message_id, by=member(request))
    return respond(answer, answer.outcome)


@get("/members/{member_id:int}/messages")
async def get_messages(
    request: Asking,
    member_id: FromPath[PathId],
    unread: FromQuery[bool] = False,
    limit: FromQuery[Limit] = 50,
    cursor: FromQuery[Cursor] = None,
) -> Page[MessageOut]:
    """What a member was told, to be read aloud or printed."""
    shown = await _messages(request, member_id, staff(request), unread, limit, cursor)
    looked(request, View.RECORD, member_id)
    return shown


async def _messages(
    request: Asking, member_id: int, by: Actor, unread: bool, limit: int, cursor: str | None
) -> Page[MessageOut]:
    found = await database_of(request).read(
        messages_of, member_id, is_unread=unread, before_id=id_cursor(cursor), limit=limit, by=by
    )
    spoken = language(request)
    return page_of([_shown(line, spoken) for line in found], limit=limit, cursor_of=lambda each: each.id)


def _shown(line: MessageLine, spoken: Language) -> MessageOut:
    return MessageOut(
        id=line.id,
        kind=line.kind,
        text=sentence_of(line.kind, line.figures, spoken),
        about=line.about,
        figures=line.figures,
        told_at=line.told_at,
        read_at=line.read_at,
    )


ROUTES = [get_own_messages, post_reading, get_messages]
