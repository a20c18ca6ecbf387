"""The kinds of files whose rows stand for themselves."""

from collections.abc import Mapping

from points_bank.imports.models import FileKind
from points_bank.imports.people import MemberRows
from points_bank.imports.rows import RowKind

KINDS: Mapping[FileKind, RowKind] = {
    FileKind.MEMBERS: MemberRows(),
}

NEEDS_TWO = frozenset({FileKind.ACTIVITIES, FileKind.BALANCES})
"""Files that bring points: one member of staff proposes them, another carries them out."""
