"""What must hold between the logbook and the ledger."""

import sys
from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from points_bank.checks import Check, query_check, read_through
from points_bank.transaction import Transaction

_SIZES = sa.text("""
    SELECT (SELECT COALESCE(MAX(id), 0) FROM participation) AS lines,
        (SELECT COALESCE(MAX(id), 0) FROM activity) AS activities,
        (SELECT COALESCE(MAX(id), 0) FROM member) AS members, (SELECT COALESCE(MAX(id), 0) FROM transfer) AS transfers
""")
# As they are, so that the table is read in order instead of by its index of causes.
_AWARDS = sa.text("""
    SELECT NUMBER_IN(SUBSTR(reference, 15)), amount_points FROM transfer
    WHERE AS_IS(kind) = 'award' AND AS_IS(reference) >= 'participation:' AND AS_IS(reference) < 'participation;'
""")
_CHANGES = sa.text("""
    SELECT participation_id, points_after - points_before FROM correction
    WHERE is_approved AND transfer_id IS NOT NULL
""")
_ACTIVITIES = sa.text("SELECT id, state FROM activity")
# Nothing instead of the one word that nearly all of them have, which would be made anew for each.
_LINES = sa.text("""
    SELECT id, member_id, NULLIF(state, 'settled'), minutes, points, activity_id, settles_at IS NOT NULL
    FROM participation ORDER BY id
""")
_TOTALS = sa.text("SELECT owner_id, service_minutes, activities FROM account WHERE kind = 'member' ORDER BY owner_id")
_OF_CAUSE = sa.text("SELECT id, reference FROM transfer WHERE kind = 'award' AND reference = :reference")
_CORRECTED = sa.text("""
    SELECT c.id, c.points_after - c.points_before AS difference, COALESCE(m.points, 0) AS posted
    FROM correction c
    LEFT JOIN (
        SELECT NUMBER_IN(SUBSTR(reference, 12)) AS correction_id,
            SUM(CASE WHEN kind = 'award' THEN amount_points ELSE -amount_points END) AS points
        FROM transfer
        WHERE kind IN ('award', 'reversal') AND reference >= 'correction:' AND reference < 'correction;'
        GROUP BY 1
    ) AS m ON m.correction_id = c.id
    WHERE c.transfer_id IS NOT NULL AND COALESCE(m.points, 0) <> c.points_after - c.points_before
""")
_OPEN_FREEZES = sa.text("""
    SELECT f.participation_id, p.state, COUNT(*) FROM participation_freeze f
    JOIN participation p ON p.id = f.participation_id WHERE f.thawed_at IS NULL GROUP BY f.participation_id, p.state
""")
_OBJECTIONS = sa.text("""
    SELECT o.id, p.state, CASE WHEN o.resolved_at IS NULL THEN 'open' ELSE 'decided' END AS stands
    FROM objection o
    JOIN participation p ON p.id = o.participation_id
    LEFT JOIN participation_freeze f ON f.cause = 'objection:' || o.id AND f.thawed_at IS NULL
    WHERE (o.resolved_at IS NULL AND p.state NOT IN ('settled', 'rejected')) <> (f.id IS NOT NULL)
""")


MAY_BE = {
    "logged": {"logged", "held", "rejected"},
    "under_notice": {"under_notice", "frozen", "rejected"},
    "settled": {"settled", "frozen", "rejected"},
    "rejected": {"rejected"},
    "returned": {"rejected"},
}
"""The states of lines in an activity of a state. A line that was frozen in one that settled may settle by itself."""


@dataclass(slots=True)
class Lines:
    """What reading every line once found: differences by the name of their check, and who is frozen."""

    differences: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    frozen: set[int] = field(default_factory=set)


_read: WeakKeyDictionary[Transaction, Lines] = WeakKeyDictionary()


def lines_read(tx: Transaction) -> Lines:
    """Every line of a snapshot with what was posted for it; the first who asks on it waits for it."""
    found = _read.get(tx)
    if found is None:
        found = _read[tx] = _Reading(tx).go()
    return found


class _Reading:
    """Points by line and totals by member are numbers in arrays: about 4 bytes a line, 12 a member, 8 an activity."""

    def __init__(self, tx: Transaction) -> None:
        sizes = tx.one(_SIZES)
        self._tx, self._sizes, self._lines = tx, sizes, Lines()
        self._posted = array("i", bytes(4 * (sizes.lines + 1)))
        self._minutes, self._served = (
            array("q", bytes(8 * (sizes.members + 1))),
            array("i", bytes(4 * (sizes.members + 1))),
        )
        self._strays: set[int] = set()

    def go(self) -> Lines:
        posted, lines = self._posted, self._sizes.lines
        for line_id, points in read_through(self._tx, "awards", _AWARDS, about=self._sizes.transfers):
            if 0 < line_id <= lines:
                posted[line_id] += points
            else:
                self._strays.add(line_id)
        for line_id, points in self._tx.each(_CHANGES):
            posted[line_id] += points
        self._pass_lines()
        self._strays.update(line_id for line_id, points in enumerate(posted) if points)
        for line_id in sorted(self._strays):
            for row in self._tx.all(_OF_CAUSE, reference=f"participation:{line_id}"):
                self._found("known causes", f"transfer {row.id} is for {row.reference}, which there is not")
        self._compare_totals()
        return self._lines

    def _pass_lines(self) -> None:
        """Every line in order; what was posted for it is struck out, so that what is left over was for no line."""
        posted, minutes_of, served = self._posted, self._minutes, self._served
        # The same few words for all activities, so that each takes the room of a reference.
        states = [""] * (self._sizes.activities + 1)
        for activity_id, state in self._tx.each(_ACTIVITIES):
            states[activity_id] = sys.intern(state)
        for line_id, member_id, unsettled, minutes, points, activity_id, is_alone in read_through(
            self._tx, "participations", _LINES, about=self._sizes.lines
        ):
            state = unsettled or "settled"
            if unsettled is None:
                minutes_of[member_id] += minutes
                served[member_id] += minutes > 0
            if posted[line_id] != (points if unsettled is None else 0):
                text = f"participation {line_id} is worth {points}, the ledger posted {posted[line_id]}"
                self._found("awards", text)
            posted[line_id] = 0
            activity_state = states[activity_id]
            if state != activity_state and not (
                state in MAY_BE[activity_state] or (activity_state == "settled" and is_alone)
            ):
                text = f"participation {line_id} is {state} in an activity that is {activity_state}"
                self._found("states of lines", text)
            if state == "frozen":
                self._lines.frozen.add(line_id)

    def _compare_totals(self) -> None:
        for member_id, minutes, activities in self._tx.each(_TOTALS):
            found = (self._minutes[member_id], self._served[member_id]) if member_id < len(self._served) else (0, 0)
            if found != (minutes, activities):
                self._found(
                    "lifetime totals",
                    f"member {member_id} has {minutes} min in {activities} activities, served {found[0]} in {found[1]}",
                )

    def _found(self, check: str, difference: str) -> None:
        self._lines.differences[check].append(difference)


def wrong_freezes(tx: Transaction) -> Iterator[str]:
    """Lines that are frozen without an open cause, and lines with one that go on as if there were none."""
    frozen = set(lines_read(tx).frozen)
    for line_id, state, causes in tx.each(_OPEN_FREEZES):
        if state not in {"frozen", "logged", "held", "rejected"}:
            yield f"participation {line_id} is {state} with {causes} open causes of being frozen"
        frozen.discard(line_id)
    for line_id in sorted(frozen):
        yield f"participation {line_id} is frozen with 0 open causes of being frozen"


def line_check(name: str) -> Check:
    """A check that is made while every line is read, together with others."""
    return Check(name, lambda tx: lines_read(tx).differences[name])


CHECKS = (
    line_check("awards"),
    query_check("corrections", _CORRECTED, "correction {id} changed {difference}, the ledger posted {posted}"),
    line_check("lifetime totals"),
    line_check("states of lines"),
    Check("frozen lines", wrong_freezes),
    query_check("objections", _OBJECTIONS, "objection {id} is {stands}, its line is {state}"),
    line_check("known causes"),
)
