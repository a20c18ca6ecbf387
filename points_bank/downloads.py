"""Files over HTTP: a route that answers JSON answers the same as a file where its path ends in `.csv` or `.xlsx`."""

import asyncio
from collections.abc import Sequence

from litestar import Response

from points_bank.spreadsheets import FileFormat, Sheet, file_of
from points_bank.web import Asking, language

MEDIA_TYPES = {
    FileFormat.CSV: "text/csv",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def asked_format(path_part: str) -> tuple[str, FileFormat | None]:
    """`2026-11.csv` as what is asked for and the format it is asked for in; None for JSON."""
    for kind in FileFormat:
        if path_part.endswith(f".{kind}"):
            return path_part.removesuffix(f".{kind}"), kind
    return path_part, None


async def download(request: Asking, name: str, kind: FileFormat, sheets: Sequence[Sheet]) -> Response[bytes]:
    """Sheets in the caller's language as a file to keep, called `name` and the format. The name is plain ASCII.

    It is made in a thread of its own: nobody else waits for a long one.
    """
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{kind}"',
        "Content-Language": language(request).value,
        "Vary": "Accept-Language",
    }
    content = await asyncio.to_thread(file_of, sheets, kind)
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)
