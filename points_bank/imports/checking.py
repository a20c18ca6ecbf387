"""A complete look at a file before anything of it is written: what each row would come to. It only reads."""

from dataclasses import dataclass, field

from points_bank.actor import Actor
from points_bank.branches.tree import branch_seen
from points_bank.imports.incoming import Head, Part, Sending
from points_bank.imports.kinds import KINDS
from points_bank.imports.report import RefusedRow, Report
from points_bank.imports.rows import Refused, sort_rows
from points_bank.imports.running import kept
from points_bank.imports.scope import Scope, members_behind
from points_bank.transaction import Transaction

MOST_KEPT = 10_000
"""How many refused rows of a dry run are told one by one."""


@dataclass(slots=True)
class Look:
    """What a look at a file has found so far."""

    rows_done: int = 0
    new_rows: int = 0
    known_rows: int = 0
    refused_rows: int = 0
    refused: list[Refused] = field(default_factory=list)
    _met: dict[bytes, int] = field(default_factory=dict)

    def at(self, tx: Transaction, sending: Sending, part: Part, *, by: Actor) -> None:
        """Look at a part; those before it were looked at before."""
        kind = KINDS[sending.kind]
        branch = branch_seen(tx, sending.branch_id, by=by)
        by.require(kind.task, branch.path)
        scope = Scope(branch, kind.task, by, own_ids=members_behind(tx, by.name))
        found = sort_rows(tx, kind, scope, part.rows, met=self._met)
        if not found.refused:
            kind.check(tx, scope, found.new)
        self.rows_done += len(part.rows)
        self.new_rows += len(found.new)
        self.known_rows += found.known
        self.refused_rows += len(found.refused)
        self.refused += found.refused[: MOST_KEPT - len(self.refused)]
        self._met |= {identity: entry.row.number for identity, entry in zip(found.identities, found.new, strict=True)}

    def in_order(self) -> list[Refused]:
        """The refused rows as they stand in the file."""
        return sorted(self.refused, key=lambda each: each.row.number)

    def report(self, head: Head) -> Report:
        rows = [
            RefusedRow(each.row.number, [kept(cell) for cell in each.row.cells], each.faults)
            for each in self.in_order()
        ]
        told = [(note.sentence, note.values) for note in head.notes]
        return Report(head.headings, head.places, told, rows)
