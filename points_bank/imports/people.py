"""A file of members."""

from collections.abc import Sequence
from datetime import date

from points_bank import audit
from points_bank.actor import Task
from points_bank.errors import Invalid
from points_bank.imports.cells import Unreadable, date_of, digits_of, line_of, name_of, yes_or_no
from points_bank.imports.headings import Column, Fault, ReadRow
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

    def entries(self, tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> list[Entry | Refused]:
        scope.find_branches(tx, {row.values["branch"] for row in rows if "branch" in row.values})
        return [_entry(tx.today, scope, row) for row in rows]

    def write(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> Sequence[int]:
        ids = take_in(tx, [entry.value for entry in entries])
        if ids:
            audit.note(tx, scope.by, f"branch:{scope.branch.id}", f"member:{ids[0]}", f"member:{ids[-1]}")
        return ids


def _entry(today: date, scope: Scope, row: ReadRow) -> Entry | Refused:
    values = row.values
    branch_id, faults = scope.branch_of(values.get("branch")), []
    if isinstance(branch_id, Fault):
        faults, branch_id = [branch_id], 0
    name, initials = values["name"]
    born_on, guardian = values.get("born_on"), None
    if "guardian_name" in values or "guardian_consented_on" in values:
        if "guardian_name" in values and "guardian_consented_on" in values:
            guardian = Guardian(values["guardian_name"], values["guardian_consented_on"])
        else:
            faults.append(Fault("guardian_name", GUARDIAN_NEEDED))
    if born_on is not None or guardian is not None:
        problems = person_problems(today, born_on=born_on, guardian=guardian)
        faults += [Fault(path.replace(".", "_"), sentence) for path, sentence in problems.items()]
    if faults:
        return Refused(row, faults)
    phone = values.get("phone")
    person = Person(
        name=name, initials=initials, branch_id=branch_id, phone=phone, born_on=born_on,
        is_party_member=values.get("is_party_member", False), guardian=guardian, consents=_consents(values),
    )  # fmt: skip
    return Entry(row, f"{branch_id}|{name}|{phone or ''}|{born_on or ''}", person)


_NONE: frozenset[Purpose] = frozenset()


def _consents(values: dict[str, object]) -> frozenset[Purpose]:
    if not any(name in values for name in _CONSENTS):
        return _NONE
    return frozenset(purpose for name, (purpose, _) in _CONSENTS.items() if values.get(name))
