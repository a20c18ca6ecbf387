"""The kinds of files, by name."""

from collections.abc import Mapping

from points_bank.imports.balances import BalanceRows
from points_bank.imports.history import PastRows
from points_bank.imports.houses import HouseholdRows
from points_bank.imports.models import FileKind
from points_bank.imports.people import MemberRows
from points_bank.imports.rows import RowKind
from points_bank.imports.sheets import SheetRows

KINDS: Mapping[FileKind, RowKind] = {
    FileKind.MEMBERS: MemberRows(),
    FileKind.HOUSEHOLDS: HouseholdRows(),
    FileKind.ACTIVITIES: PastRows(),
    FileKind.BALANCES: BalanceRows(),
    FileKind.SHEET: SheetRows(),
}

NEEDS_TWO = frozenset({FileKind.ACTIVITIES, FileKind.BALANCES})
"""Files that bring points: one member of staff proposes them, another carries them out."""
