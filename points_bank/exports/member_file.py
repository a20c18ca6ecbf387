"""What the bank keeps of a member as a file for that person: sheets and headings in words, names instead of numbers.

The JSON of the export has every column; what is only the bank's own bookkeeping is left out here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from points_bank.activities.themes import theme_name
from points_bank.errors import message
from points_bank.exports.member import MemberExport, Row
from points_bank.i18n import Language, translate
from points_bank.outbox import sentence_of
from points_bank.spreadsheets import Cell, Sheet

Saying = Callable[[StrEnum], str]
"""A state, kind or role in words."""

HEADINGS: Mapping[str, str] = {
    "activities": message("Activities"),
    "activity_id": message("What was done"),
    "amount_points": message("Points"),
    "answer": message("Answer"),
    "appeal": message("Appeal"),
    "asked_at": message("Asked for"),
    "authorised_on": message("Authorised on"),
    "balance_points": message("Balance after"),
    "barred_until_on": message("No late entries until"),
    "born_on": message("Date of birth"),
    "branch_id": message("Branch"),
    "card_no": message("Card number"),
    "case_reference": message("Case"),
    "chosen_at": message("Chosen"),
    "closed_at": message("Closed"),
    "closing_reason": message("Reason for closing"),
    "collected_at": message("Collected"),
    "cost_points": message("Points for one"),
    "decided_at": message("Decided"),
    "decision_reason": message("Reason"),
    "desk_id": message("Desk"),
    "edition_id": message("Board"),
    "ended_at": message("Ended"),
    "ending_reason": message("Reason"),
    "expires_at": message("To be collected by"),
    "extended_at": message("Extended"),
    "extension_order": message("Extended by order"),
    "followed_up_on": message("Followed up on"),
    "first_at": message("First"),
    "from_on": message("From"),
    "given_at": message("Given"),
    "guardian_consented_on": message("Guardian agreed on"),
    "guardian_name": message("Guardian"),
    "honour_points": message("Honour points"),
    "household_id": message("Household"),
    "id": message("Number"),
    "is_approved": message("Approved"),
    "is_lead": message("Led it"),
    "is_party_member": message("Party member"),
    "is_upheld": message("Upheld"),
    "issued_at": message("Issued on"),
    "joined_at": message("Joined"),
    "kind": message("Kind of entry"),
    "lapses_on": message("Lapses on"),
    "last_at": message("Last"),
    "left_at": message("Moved out"),
    "limit_points": message("Up to how many points"),
    "looked_on": message("Day"),
    "login": message("Sign-in name"),
    "member_id": message("Member"),
    "merged_at": message("Put together"),
    "minutes": message("Minutes of service"),
    "minutes_after": message("Minutes after"),
    "minutes_before": message("Minutes before"),
    "name": message("Name"),
    "number": message("Number"),
    "occurred_on": message("Day"),
    "ordered_at": message("Ordered"),
    "paper_reference": message("Paper"),
    "phone": message("Phone"),
    "place": message("Place"),
    "points": message("Points"),
    "points_after": message("Points after"),
    "points_before": message("Points before"),
    "posted_at": message("Booked"),
    "proposed_at": message("Proposed"),
    "purpose": message("What for"),
    "quantity": message("Quantity"),
    "raised_at": message("Raised"),
    "read_at": message("Read at"),
    "reason": message("Reason"),
    "redemption_id": message("Exchange"),
    "registered_at": message("Registered"),
    "reinstated_points": message("Points given back"),
    "remaining_points": message("Points left"),
    "resolution": message("Decision"),
    "resolved_at": message("Decided"),
    "revoked_at": message("Revoked on"),
    "reward_id": message("Goods"),
    "role": message("Role"),
    "service_minutes": message("Minutes of service"),
    "service_on": message("Day of service"),
    "settled_at": message("Settled"),
    "staff_id": message("Who looked"),
    "stars": message("Stars"),
    "started_at": message("Began"),
    "state": message("State"),
    "theme": message("Theme"),
    "title": message("What was done"),
    "told_at": message("Told"),
    "text": message("Text"),
    "times": message("Number of times"),
    "until_on": message("Until"),
    "valid_at": message("Valid from"),
    "value": message("Figure"),
    "view": message("What was seen"),
    "visited_on": message("Day"),
    "withdrawn_at": message("Withdrawn"),
}
SHEETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "member": (message("About me"), (
        "id", "name", "branch_id", "phone", "born_on", "is_party_member", "guardian_name", "guardian_consented_on",
        "registered_at", "closed_at", "closing_reason",
    )),
    "account": (message("Totals"), ("balance_points", "honour_points", "service_minutes", "activities")),
    "transfer": (message("Passbook"), ("occurred_on", "posted_at", "kind", "amount_points", "balance_points")),
    "lot": (message("Points and their dates"), ("lapses_on", "remaining_points", "extension_order")),
    "participation": (message("My service"), (
        "service_on", "activity_id", "role", "started_at", "ended_at", "minutes", "points", "state", "is_lead",
        "case_reference", "followed_up_on", "decision_reason", "settled_at",
    )),
    "activity": (message("Activities"), ("service_on", "title", "role", "theme", "place", "branch_id")),
    "correction": (message("Corrections"), (
        "proposed_at", "minutes_before", "minutes_after", "points_before", "points_after", "reason", "is_approved",
        "decided_at",
    )),
    "objection": (message("Objections"), ("raised_at", "reason", "is_upheld", "resolution", "resolved_at")),
    "redemption": (message("Exchanges"), (
        "id", "ordered_at", "desk_id", "amount_points", "balance_points", "state", "expires_at", "collected_at",
        "ended_at", "ending_reason",
    )),
    "redemption_item": (message("Goods"), ("redemption_id", "reward_id", "quantity", "cost_points")),
    "redemption_payment": (message("Paid together"), ("redemption_id", "points")),
    "donation": (message("Given away"), ("given_at", "points")),
    "help_pool_grant": (message("From the help pool"), ("proposed_at", "points", "reason", "state", "decided_at")),
    "extended_lot": (message("Extensions"), ("extended_at", "remaining_points", "reinstated_points")),
    "card": (message("Cards"), ("card_no", "state", "issued_at", "ended_at")),
    "consent": (message("Consents"), ("purpose", "given_at", "withdrawn_at")),
    "home": (message("Homes"), ("from_on", "branch_id")),
    "household_member": (message("Households"), ("household_id", "joined_at", "left_at")),
    "proxy": (message("Proxies"), (
        "name", "paper_reference", "authorised_on", "until_on", "limit_points", "ended_at",
    )),
    "message": (message("Messages"), ("told_at", "text", "read_at")),
    "standing": (message("On boards"), ("edition_id", "value")),
    "certificate": (message("Certificates"), (
        "number", "issued_at", "service_minutes", "stars", "valid_at", "revoked_at",
    )),
    "certificate_request": (message("Certificates asked for"), ("asked_at",)),
    "suspension": (message("Suspensions"), (
        "proposed_at", "reason", "until_on", "is_approved", "decided_at", "barred_until_on", "appeal", "answer",
        "ended_at", "ending_reason",
    )),
    "goal": (message("Saving for"), ("reward_id", "desk_id", "chosen_at")),
    "waiting": (message("Waiting lists"), ("joined_at", "reward_id", "desk_id", "state", "told_at", "ended_at")),
    "visit": (message("Looked up elsewhere"), ("visited_on",)),
    "look": (message("Who looked at my data"), ("looked_on", "staff_id", "view", "first_at", "last_at", "times")),
    "member_merger": (message("Passbooks put together"), ("merged_at", "member_id", "reason")),
    "staff": (message("As staff"), ("login", "name")),
}  # fmt: skip
"""By table, in the order of the file: what its sheet is called, and which columns it shows."""
BOOKKEEPING = frozenset({"lot_use"})
"""Tables that only say how the bank reckoned what other sheets show."""
YES, NO = message("yes"), message("no")


def member_sheets(export: MemberExport, zone: ZoneInfo, language: Language, say: Saying) -> list[Sheet]:
    """The sheets of a member's own file, times by the district's clock."""
    own = {row["id"] for row in export.tables.get("account", ())}
    sheets = []
    for table, (title, columns) in SHEETS.items():
        if rows := export.tables.get(table):
            shown = [_told(table, row, own, language) for row in rows]
            cells = [
                [_cell(export, column, row.get(column), zone, language, say) for column in columns] for row in shown
            ]
            sheets.append(Sheet(translate(title, language), _titles(columns, language), cells))
    return sheets


def _titles(columns: Iterable[str], language: Language) -> Sequence[str]:
    return [translate(HEADINGS[column], language) for column in columns]


def _told(table: str, row: Row, own: set[int], language: Language) -> Row:
    """A row with what it means: a transfer as it stands in this passbook, a message in words."""
    if table == "message":
        return row | {"text": sentence_of(row["kind"], row["figures"], language)}
    if table != "transfer":
        return row
    is_in = row["credit_account_id"] in own
    return row | {
        "amount_points": row["amount_points"] if is_in else -row["amount_points"],
        "balance_points": row["credit_balance_points"] if is_in else row["debit_balance_points"],
    }


def _cell(export: MemberExport, column: str, value: Any, zone: ZoneInfo, language: Language, say: Saying) -> Cell:
    if value is None:
        return None
    if column in export.names:
        return export.names[column].get(value) or str(value)
    if column == "theme":
        return theme_name(value, language)
    if isinstance(value, bool):
        return translate(YES if value else NO, language)
    if isinstance(value, StrEnum):
        return say(value)
    if isinstance(value, datetime):
        return value.astimezone(zone)
    return value if isinstance(value, Cell) else str(value)
