"""Headings of the files about a branch's month and a desk's register."""

from zoneinfo import ZoneInfo

from points_bank.activities.themes import theme_name
from points_bank.errors import message
from points_bank.exports.branch_month import BranchMonth
from points_bank.i18n import Language, translate
from points_bank.redemptions.register import RegisterLine
from points_bank.spreadsheets import Cell, Sheet

SERVICE, GOODS, REGISTER = message("Service {period}"), message("Exchanges {period}"), message("Register {period}")
SERVICE_HEADINGS = (
    message("Day of service"),
    message("Branch"),
    message("Activity"),
    message("Role"),
    message("Theme"),
    message("Title or case"),
    message("Began"),
    message("Ended"),
    message("Member"),
    message("Name"),
    message("Minutes of service"),
    message("Points"),
    message("State"),
    message("Recorded by"),
    message("Decided by"),
)
GOODS_HEADINGS = (
    message("Handed over"),
    message("Desk"),
    message("Exchange"),
    message("Member"),
    message("Name"),
    message("Goods"),
    message("Quantity"),
    message("Points each"),
    message("State"),
)
REGISTER_HEADINGS = (
    message("Time"),
    message("Exchange"),
    message("What"),
    message("Name"),
    message("Member"),
    message("Goods"),
    message("Points"),
    message("Paid by"),
    message("Balance after"),
    message("Collected by"),
    message("Clerk"),
    message("Clerk's signature"),
    message("Member's signature"),
)
ERASED_PROXY = message("authorised person (name erased)")
STATES = {
    "logged": message("not approved"),
    "held": message("held"),
    "under_notice": message("under public notice"),
    "frozen": message("frozen"),
    "settled": message("settled"),
    "rejected": message("rejected"),
    "reserved": message("reserved"),
    "collected": message("handed over"),
    "cancelled": message("cancelled"),
    "expired": message("ran out"),
    "exchange": message("exchange"),
    "cancellation": message("cancellation"),
    "publicity": message("publicity"),
    "mediation": message("mediation"),
    "service": message("service"),
}


def month_sheets(found: BranchMonth, language: Language, zone: ZoneInfo) -> list[Sheet]:
    service: list[list[Cell]] = [
        [
            line.service_on, line.branch_code, line.activity_id, _said(line.role, language),
            line.theme and theme_name(line.theme, language), line.name,
            line.started_at.astimezone(zone), line.ended_at.astimezone(zone), line.member_id, line.member_name,
            line.minutes, line.points, _said(line.state, language), line.recorded_by, line.decided_by,
        ]
        for line in found.service
    ]  # fmt: skip
    goods: list[list[Cell]] = [
        [
            line.collected_at.astimezone(zone), line.desk_code, line.redemption_id, line.member_id, line.member_name,
            line.reward_name, line.quantity, line.cost_points, _said(line.state, language),
        ]
        for line in found.goods
    ]  # fmt: skip
    return [
        Sheet(translate(SERVICE, language, period=found.month), _titles(SERVICE_HEADINGS, language), service),
        Sheet(translate(GOODS, language, period=found.month), _titles(GOODS_HEADINGS, language), goods),
    ]


def register_sheet(lines: list[RegisterLine], when: str, language: Language, zone: ZoneInfo) -> Sheet:
    """With room for both signatures, so that it can be printed and signed; the balance is of whoever ordered."""
    rows: list[list[Cell]] = [
        [
            line.at.astimezone(zone), line.redemption_id, _said(line.kind, language), line.member_name, line.member_id,
            "、".join(f"{item.name} × {item.quantity}" for item in line.items), line.amount_points,
            _payers(line), line.balance_points, _collector(line, language), line.clerk_name, None, None,
        ]
        for line in lines
    ]  # fmt: skip
    return Sheet(translate(REGISTER, language, period=when), _titles(REGISTER_HEADINGS, language), rows)


def _payers(line: RegisterLine) -> str | None:
    """Each of several who paid, with their part; nothing where the member paid alone."""
    return "、".join(f"{payer.name} {payer.points}" for payer in line.payers) or None


def _collector(line: RegisterLine, language: Language) -> str | None:
    """Who signs in the member's place; nothing where the member came themselves."""
    if line.proxy_id is None:
        return None
    return line.proxy_name or translate(ERASED_PROXY, language)


def _titles(headings: tuple[str, ...], language: Language) -> list[str]:
    return [translate(heading, language) for heading in headings]


def _said(value: str, language: Language) -> str:
    return translate(STATES[value], language) if value in STATES else value
