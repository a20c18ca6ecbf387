"""A file that a request brings: as its body, or in the field `file` of a form that a browser sends."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
from litestar.enums import RequestEncodingType
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from points_bank.errors import Invalid, message
from points_bank.web import Asking

FILE_FIELD = "file"
MOST_AROUND_BYTES = 16_384
"""What a form may bring besides its file: other fields, and the marks between them."""
MOST_FIELDS = 20
LONGEST_NAME = 200

TOO_LARGE = message("The file has more than {most_bytes} bytes.")
ONE_FILE = message("Send one file, as the body of the request or in the field “file” of a form.")


class SentFile(msgspec.Struct, frozen=True):
    """`name` is what a form calls the file, without folders; None where it says nothing of it."""

    content: bytes
    name: str | None = None


async def file_sent(request: Asking, *, most_bytes: int) -> SentFile:
    """The file of a request. Refuses `invalid` one that says it is larger, before a byte of it is read, one that turns
    out to be as soon as it does, and a form without a file or with several."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    is_form = kind == RequestEncodingType.MULTI_PART.value
    too_large = Invalid({"file": TOO_LARGE}, most_bytes=most_bytes)
    if int(request.headers.get("content-length", 0)) > most_bytes + (MOST_AROUND_BYTES if is_form else 0):
        raise too_large
    if is_form:
        return await _in_form(request.stream(), options.get("boundary", ""), too_large, most_bytes)
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > most_bytes:
            raise too_large
    return SentFile(bytes(content))


@dataclass(slots=True)
class _Form:
    """A form as it comes in: its one file, and how much there was of anything else."""

    content: bytearray = field(default_factory=bytearray)
    name: str | None = None
    files: int = 0
    others: int = 0
    _segment: str = ""

    def take(self, event: MultipartSegment | bytes | None) -> None:
        if isinstance(event, MultipartSegment):
            self._segment = event.name
            if event.name == FILE_FIELD:
                self.files, self.name = self.files + 1, _plain_name(event.filename)
        elif event and self._segment == FILE_FIELD:
            self.content += event
        elif event:
            self.others += len(event)


async def _in_form(parts: AsyncIterator[bytes], boundary: str, too_large: Invalid, most_bytes: int) -> SentFile:
    form, one_file = _Form(), Invalid({"file": ONE_FILE})
    if not boundary:
        raise one_file
    try:
        with PushMultipartParser(boundary, max_segment_count=MOST_FIELDS) as parser:
            async for part in parts:
                for event in parser.parse(part) if part else ():
                    form.take(event)
                if len(form.content) > most_bytes:
                    raise too_large
                if form.files > 1 or form.others > MOST_AROUND_BYTES:
                    raise one_file
    except MultipartError:
        raise one_file from None
    if form.files != 1:
        raise one_file
    return SentFile(bytes(form.content), form.name)


def _plain_name(name: str | None) -> str | None:
    """A file's name without the folders that some browsers send along."""
    last = re.split(r"[/\\]", name or "")[-1].strip()
    return last[-LONGEST_NAME:] if last.isprintable() and last else None
