"""A file of households: each row is a person and the household where they live."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from points_bank.actor import Task
from points_bank.imports.cells import line_of, yes_or_no
from points_bank.imports.finding import WHO, find_members
from points_bank.imports.headings import Column, Fault, ReadRow
from points_bank.imports.people import BRANCH_HEADINGS
from points_bank.imports.rows import Entry, Refused, RowKind
from points_bank.imports.scope import Scope
from points_bank.members.consents import give_consent
from points_bank.members.households import (
    HOUSEHOLD_FULL,
    LIVES_ELSEWHERE,
    MOST_PEOPLE,
    add_household,
    find_household,
    household_record,
    household_with,
    join_household,
)
from points_bank.members.models import Purpose
from points_bank.transaction import Transaction


class Resident(msgspec.Struct, frozen=True):
    member_id: int
    branch_id: int
    label: str
    agrees_to_share: bool


class HouseholdRows(RowKind):
    """Rows with the same household (a label such as 佛子小区3栋502) live together."""

    task = Task.KEEP_MEMBERS
    rows_of_a_part = 100
    columns: Sequence[Column] = (
        Column("household", ("户", "家庭", "户号", "门牌", "家庭住址", "household label"), line_of(80), needed=True),
        Column("branch", BRANCH_HEADINGS, line_of(80)),
        *WHO,
        Column("consent_household", ("同意家庭合并", "同意家庭共享", "consent to household"), yes_or_no),
    )

    def entries(self, tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> list[Entry | Refused]:
        scope.find_branches(tx, {row.values["branch"] for row in rows if "branch" in row.values})
        members, homes = find_members(tx, scope, rows), _Homes(tx, scope)
        return [_entry(homes, row, member) for row, member in zip(rows, members, strict=True)]

    def write(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> Sequence[int]:
        return [_house(tx, scope, entry.value) for entry in entries]


@dataclass(slots=True)
class _Homes:
    """Who lives where, as it will be once the rows so far are carried out: by household, as branch and label."""

    tx: Transaction
    scope: Scope
    _home: dict[int, tuple[int, str]] = field(default_factory=dict)
    _people: dict[tuple[int, str], set[int]] = field(default_factory=dict)

    def move_in(self, member_id: int, branch_id: int, label: str) -> Fault | None:
        """What keeps somebody from living there."""
        house = (branch_id, label)
        people = self._people_of(house)
        if member_id in people:
            return None
        if self._home.get(member_id, house) != house or household_with(self.tx, member_id) is not None:
            return Fault(None, LIVES_ELSEWHERE)
        if len(people) == MOST_PEOPLE:
            return Fault("household", HOUSEHOLD_FULL, {"most": MOST_PEOPLE})
        people.add(member_id)
        self._home[member_id] = house
        return None

    def _people_of(self, house: tuple[int, str]) -> set[int]:
        if house not in self._people:
            found = find_household(self.tx, branch_id=house[0], label=house[1])
            residents = [] if found is None else household_record(self.tx, found, by=self.scope.by).residents
            self._people[house] = {each.member_id for each in residents}
        return self._people[house]


def _entry(homes: _Homes, row: ReadRow, member: int | Fault) -> Entry | Refused:
    branch = homes.scope.branch_of(row.values.get("branch"))
    if isinstance(member, Fault) or isinstance(branch, Fault):
        return Refused(row, [each for each in (member, branch) if isinstance(each, Fault)])
    label = row.values["household"]
    if (fault := homes.move_in(member, branch, label)) is not None:
        return Refused(row, [fault])
    resident = Resident(member, branch, label, row.values.get("consent_household", False))
    return Entry(row, f"{branch}|{label}|{member}|{resident.agrees_to_share}", resident)


def _house(tx: Transaction, scope: Scope, resident: Resident) -> int:
    """Let somebody live in the household with that label, which is made when first named; its id."""
    by, member_id = scope.by, resident.member_id
    household_id = find_household(tx, branch_id=resident.branch_id, label=resident.label)
    if household_id is None:
        household_id = add_household(
            tx, branch_id=resident.branch_id, label=resident.label, member_ids=[member_id], by=by
        ).household_id
    else:
        join_household(tx, household_id, member_id=member_id, by=by)
    if resident.agrees_to_share:
        give_consent(tx, member_id, Purpose.HOUSEHOLD, by=by)
    return household_id
