"""Files out over HTTP. Who takes what along is written down before it is handed out."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from points_bank.downloads import asked_format, download
from points_bank.errors import Invalid, message
from points_bank.exports.branch_month import export_branch_month
from points_bank.exports.member import MemberExport, export_member
from points_bank.exports.member_file import member_sheets
from points_bank.exports.register import export_register
from points_bank.exports.sheets import month_sheets, register_sheet
from points_bank.exports.trail import note_export
from points_bank.i18n import Language, translate
from points_bank.looks.models import View
from points_bank.site.words import WORDS
from points_bank.spreadsheets import Sheet
from points_bank.web import Asking, PathId, anyone, database_of, language, looked, member, staff

NO_FORMAT = message("Name a file: with .csv or .xlsx at the end.")


class MemberExportShape(msgspec.Struct):
    """By table, the rows that are about a member, as they are kept."""

    format: str
    version: int
    member_id: int
    exported_at: datetime
    tables: dict[str, list[dict[str, Any]]]


EXPORT = {200: ResponseSpec(MemberExportShape, generate_examples=False, description="What is kept of the member")}


@get(["/me/export", "/me/export.xlsx"], tags=["exports"], responses=EXPORT)
async def get_own_export(request: Asking) -> Response[Any]:
    """All that is kept of the member who asks, as JSON or as a file of sheets."""
    by = member(request)
    assert by.member_id is not None, "a member has an id"
    found = await database_of(request).read(export_member, by.member_id, by=by)
    return await member_file(request, found)


@get(["/members/{member_id:int}/export", "/members/{member_id:int}/export.xlsx"], tags=["exports"], responses=EXPORT)
async def get_member_export(request: Asking, member_id: PathId) -> Response[Any]:
    """The same for a member who asks at the branch."""
    found = await database_of(request).read(export_member, member_id, by=staff(request))
    return await member_file(request, found)


@get("/branches/{branch_id:int}/months/{month:str}", tags=["exports"])
async def get_branch_month(request: Asking, branch_id: PathId, month: FromPath[str]) -> Response[bytes]:
    """Line by line what a branch and those below logged and handed over: `2026-11.csv` or `2026-11.xlsx`."""
    name, kind = asked_format(month)
    if kind is None:
        raise Invalid({"month": NO_FORMAT})
    database, by = database_of(request), staff(request)
    found = await database.read(export_branch_month, branch_id, name, by=by)
    await database.write(note_export, f"branch:{branch_id}", name, by=by)
    sheets = month_sheets(found, language(request), database.settings.zone)
    return await download(request, f"month-{name}-{found.branch_code}", kind, sheets)


@get("/desks/{desk_id:int}/register/{when:str}", tags=["exports"])
async def get_register_file(request: Asking, desk_id: PathId, when: FromPath[str]) -> Response[bytes]:
    """The register of a day or a month as a file: `2026-11-16.csv`, `2026-11.xlsx`."""
    name, kind = asked_format(when)
    if kind is None:
        raise Invalid({"when": NO_FORMAT})
    database, by = database_of(request), staff(request)
    lines = await database.read(export_register, desk_id, name, by=by)
    await database.write(note_export, f"desk:{desk_id}", name, by=by)
    sheet = register_sheet(lines, name, language(request), database.settings.zone)
    return await download(request, f"register-{desk_id}-{name}", kind, [sheet])


ROUTES: list[Any] = [get_own_export, get_member_export, get_branch_month, get_register_file]


async def member_file(request: Asking, found: MemberExport) -> Response[Any]:
    database, name = database_of(request), f"member-{found.member_id}"
    await database.write(note_export, f"member:{found.member_id}", by=anyone(request))
    looked(request, View.DATA_FILE, found.member_id)
    _, kind = asked_format(request.url.path)
    if kind is not None:
        return await download(request, name, kind, _sheets(found, database.settings.zone, language(request)))
    headers = {"Content-Disposition": f'attachment; filename="{name}.json"'}
    return Response(msgspec.convert(found, MemberExportShape, from_attributes=True), headers=headers)


def _sheets(found: MemberExport, zone: ZoneInfo, spoken: Language) -> list[Sheet]:
    def say(value: StrEnum) -> str:
        return translate(WORDS.get(type(value), {}).get(value, value.value), spoken)

    return member_sheets(found, zone, spoken, say)
