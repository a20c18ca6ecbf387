"""A file of members."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from points_bank import audit
from points_bank.actor import Task
from points_bank.errors import Invalid
from points_bank.imports.cells import Unreadable, date_of, digits_of, line_of, name_of, yes_or_no
from points_bank.imports.headings import Column, Fault, ReadRow
from points_bank.imports.pace import MOST_PARTS
from points_bank.imports.rows import Entry, Refused, RowKind
from points_bank.imports.scope import Scope
from points_bank.members.details import GUARDIAN_NEEDED, Guardian, person_problems
from points_bank.members.intake import Person, take_in
from points_bank.members.models import Purpose
from points_bank.members.names import initials_of
from points_bank.members.phones import NOT_A_PHONE, normalised
from points_bank.transaction import Transaction


def phone_of(cell: object) -> str:
    """A phone number, normalised."""
    digits = digits_of(cell)
    if len(digits) == 11 and digits.isascii() and digits.isdigit() and digits[0] == "1" and digits[1] in "3456789":
        return digits
    try:
        return normalised(digits)
    except Invalid:
        raise Unreadable(NOT_A_PHONE) from None


def named_with_initials(cell: object) -> tuple[str, str]:
    """A name and its pinyin initials, which are found while no act waits for them."""
    name = name_of(cell)
    return name, initials_of(name)


NAME_HEADINGS = ("姓名", "志愿者姓名", "志愿者", "member", "full name")
PHONE_HEADINGS = ("手机号", "电话", "手机", "手机号码", "联系电话", "电话号码", "联系方式", "mobile")
BORN_ON_HEADINGS = ("出生日期", "出生年月日", "生日", "birth date", "date of birth")
BRANCH_HEADINGS = ("网点", "小区", "社区", "所属小区", "所属社区", "所属网点", "网点编号", "小区编号", "branch code")

_CONSENTS = {
    "consent_records": (Purpose.RECORDS, ("同意记录", "同意登记", "consent to records")),
    "consent_boards": (Purpose.BOARDS, ("同意上榜", "同意公示", "consent to boards")),
    "consent_household": (Purpose.HOUSEHOLD, ("同意家庭合并", "同意家庭共享", "consent to household")),
    "consent_photo": (Purpose.PHOTO, ("同意拍照", "consent to photo")),
}


class MemberRows(RowKind):
    """Each row is a new member. The same row again changes nothing, also when the member has changed since."""

    task = Task.KEEP_MEMBERS
    rows_of_a_part = 1_000
    most_parts = MOST_PARTS
    columns: Sequence[Column] = (
        Column("name", NAME_HEADINGS, named_with_initials, needed=True),
        Column("branch", BRANCH_HEADINGS, line_of(80)),
        Column("phone", PHONE_HEADINGS, phone_of),
        Column("born_on", BORN_ON_HEADINGS, date_of),
        Column("is_party_member", ("党员", "是否党员", "政治面貌", "party member"), yes_or_no),
        Column("guardian_name", ("监护人", "监护人姓名", "guardian"), name_of),
        Column("guardian_consented_on", ("监护人同意日期", "guardian consented on"), date_of),
        *(Column(name, headings, yes_or_no) for name, (_, headings) in _CONSENTS.items()),
    )

    def understand(self, row: ReadRow, today: date) -> ReadRow:
        """A row whose values are the branch as it is written, and the person; or what cannot be about one."""
        if row.faults:
            return row
        values = row.values
        guardian, faults = _guardian_of(values)
        born_on = values.get("born_on")
        if born_on is not None or guardian is not None:
            problems = person_problems(today, born_on=born_on, guardian=guardian)
            faults += [Fault(path.replace(".", "_"), sentence) for path, sentence in problems.items()]
        name, initials = values["name"]
        person = Person(
            name, initials, values.get("phone"), born_on, values.get("is_party_member", False), guardian,
            _agreed_to(*[values.get(column) for column in _CONSENTS]),
        )  # fmt: skip
        return ReadRow(row.number, row.cells, (values.get("branch"), person), tuple(faults))

    def entries(self, tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> list[Entry | Refused]:
        scope.find_branches(tx, {row.values[0] for row in rows} - {None})
        return [_entry(scope, row) for row in rows]

    def write(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> Sequence[int]:
        ids = take_in(tx, [entry.value for entry in entries])
        if ids:
            audit.note(tx, scope.by, f"branch:{scope.branch.id}", f"member:{ids[0]}", f"member:{ids[-1]}")
        return ids


def _guardian_of(values: Mapping[str, Any]) -> tuple[Guardian | None, list[Fault]]:
    name, consented_on = values.get("guardian_name"), values.get("guardian_consented_on")
    if name is not None and consented_on is not None:
        return Guardian(name, consented_on), []
    is_nobody = name is None and consented_on is None
    return None, [] if is_nobody else [Fault("guardian_name", GUARDIAN_NEEDED)]


@cache
def _agreed_to(*answers: bool | None) -> frozenset[Purpose]:
    """The same set for all who agreed to the same, which are many in one part."""
    return frozenset(purpose for (purpose, _), answer in zip(_CONSENTS.values(), answers, strict=True) if answer)


def _entry(scope: Scope, row: ReadRow) -> Entry | Refused:
    branch, person = row.values
    branch_id = scope.branch_of(branch)
    if isinstance(branch_id, Fault):
        return Refused(row, [branch_id])
    key = f"{branch_id}|{person.name}|{person.phone or ''}|{person.born_on or ''}"
    return Entry(row, key, (branch_id, person))
