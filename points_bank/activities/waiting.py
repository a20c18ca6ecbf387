"""Sheets that wait for approval, as an approver goes through them: what is odd in front, then what waits longest."""

import msgspec

from points_bank.activities.flagging import flags_for
from points_bank.activities.flags import Flag
from points_bank.activities.models import ActivityState
from points_bank.activities.reading import ActivityLine, ParticipationLine, lines_of_many, list_activities
from points_bank.actor import Actor
from points_bank.transaction import Transaction

MOST_WAITING = 200
"""Flags are worked out when they are read, so only the sheets that wait longest are looked at together. Later ones come
into the list as these are decided."""


class WaitingSheet(msgspec.Struct, frozen=True):
    """`flags` is None for who records and is not told what would be noticed."""

    activity: ActivityLine
    lines: list[ParticipationLine]
    flags: list[Flag] | None

    @property
    def place(self) -> str:
        """Where it stands in the list: those without a flag after those with one, each by its id."""
        return f"{0 if self.flags else 1}{self.activity.id:018}"


def waiting_sheets(
    tx: Transaction, *, branch_id: int | None = None, after: str = "", limit: int, by: Actor
) -> list[WaitingSheet]:
    """The sheets after a place that wait in the actor's branches, one more than the limit."""
    activities = list_activities(
        tx, branch_id=branch_id, state=ActivityState.LOGGED, limit=MOST_WAITING - 1, is_oldest_first=True, by=by
    )
    lines = lines_of_many(tx, [each.id for each in activities])
    flags = flags_for(tx, activities, lines, by=by)
    sheets = [WaitingSheet(each, lines[each.id], flags.get(each.id)) for each in activities]
    return sorted((each for each in sheets if each.place > after), key=lambda each: each.place)[: limit + 1]
