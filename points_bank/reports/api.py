"""Reports over HTTP: a closed month or a cut of a week, as JSON or as a file, and its signatures."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from points_bank.branches.models import BranchKind
from points_bank.downloads import asked_format, download
from points_bank.reports.models import Cut
from points_bank.reports.reading import BranchFigures, Report, ReportState, read_report
from points_bank.reports.sheets import late_note, sheets_of
from points_bank.reports.signing import SignedReport, sign_report
from points_bank.web import LARGEST_ID, Asking, Id, database_of, language, respond, staff, write_keyed

T = TypeVar("T")


class NewSignature(msgspec.Struct, forbid_unknown_fields=True):
    branch_id: Id


class SignatureShape(msgspec.Struct):
    """`content_hash` is that of the report of that branch when it was signed, and still is."""

    month: str
    branch_id: int
    signed_at: datetime
    content_hash: str


class FiguresShape(msgspec.Struct):
    """Figures of a branch with all below it, or of a branch alone where `is_own`.

    `opening + brought in + issued - reversed - redeemed + refunded - lapsed + reinstated - donated + granted + moved`
    is the closing.
    """

    branch_id: int
    code: str
    name: str
    kind: BranchKind
    is_own: bool
    opening_points: int
    brought_in_points: int
    issued_points: int
    reversed_points: int
    redeemed_points: int
    refunded_points: int
    lapsed_points: int
    reinstated_points: int
    donated_points: int
    granted_points: int
    moved_points: int
    closing_points: int
    lapsing_points: int
    waiting_entries: int
    corrected_minutes: int


class LateShape(msgspec.Struct):
    """`note` is the sentence for the sheet, in the caller's language."""

    branch_id: int
    code: str
    name: str
    entries: int
    note: str


class TallyShape(msgspec.Struct):
    """Service by `cut`, of those whose `value` it is; people are counted once in each."""

    cut: Cut
    value: str
    activities: int
    participations: int
    people: int
    minutes: int


class SignerShape(msgspec.Struct):
    branch_id: int
    signed_by_name: str
    signed_at: datetime
    content_hash: str


class ReportShape(FiguresShape):
    """The report of a branch; `branches` are those right below it, and add up to it."""

    period: str
    state: ReportState
    ledger_position: int
    content_hash: str
    branches: list[FiguresShape]
    late: list[LateShape]
    service: list[TallyShape]
    signatures: list[SignerShape]


@get(
    "/reports/{period:str}",
    tags=["reports"],
    responses={200: ResponseSpec(ReportShape, generate_examples=False, description="The report")},
)
async def get_report(
    request: Asking, period: FromPath[str], branch_id: Annotated[int, QueryParameter(ge=1, le=LARGEST_ID)]
) -> Response[Any]:
    """A closed month (`2026-11`) or a cut of a week (`2026-W46`); a file with `.csv` or `.xlsx` at the end."""
    name, kind = asked_format(period)
    report = await database_of(request).read(read_report, name, branch_id=branch_id, by=staff(request))
    if kind is not None:
        return await download(request, f"report-{name}-{report.total.code}", kind, sheets_of(report, language(request)))
    return Response(_report(request, report))


@post("/reports/{month:str}/signatures", tags=["reports"])
async def post_signature(
    request: Asking, month: FromPath[str], data: JSONBody[NewSignature]
) -> Response[SignatureShape]:
    """Sign a branch's report of a closed month: communities first, then towns, then the district."""
    answer = await write_keyed(request, SignedReport, sign_report, month, branch_id=data.branch_id, by=staff(request))
    return respond(answer, _convert(answer.outcome, SignatureShape), status_code=201)


ROUTES: list[Any] = [get_report, post_signature]


def _report(request: Asking, report: Report) -> ReportShape:
    spoken = language(request)
    return ReportShape(
        **msgspec.structs.asdict(_figures(report.total)),
        period=report.period,
        state=report.state,
        ledger_position=report.ledger_position,
        content_hash=report.content_hash,
        branches=[_figures(each) for each in report.branches],
        late=[
            LateShape(each.branch_id, each.code, each.name, each.entries, late_note(each, spoken))
            for each in report.late
        ],
        service=_convert(report.tallies, list[TallyShape]),
        signatures=_convert(report.signatures, list[SignerShape]),
    )


def _figures(row: BranchFigures) -> FiguresShape:
    about = {"branch_id": row.branch_id, "code": row.code, "name": row.name, "kind": row.kind, "is_own": row.is_own}
    return msgspec.convert(about | {str(figure): value for figure, value in row.figures.items()}, FiguresShape)


def _convert(value: object, shape: type[T]) -> T:
    return msgspec.convert(value, shape, from_attributes=True)
