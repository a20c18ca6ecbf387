"""The evidence of a review: what was doubted, what looked odd, who was called, what was decided, and by whom."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank.activities.call_backs import Sample, sample_of
from points_bank.activities.flagging import flags_for
from points_bank.activities.flags import ToldFlag, told
from points_bank.activities.models import Correction, ParticipationState
from points_bank.activities.reading import ActivityLine, ParticipationLine, activities_of, lines_of_many
from points_bank.actor import Actor, Task
from points_bank.audit import Audit
from points_bank.columns import given, table_of
from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.reviews.finding import Entry, ReviewLine, entries_of, review_seen
from points_bank.rules.rule_set import ServiceRole
from points_bank.spreadsheets import Cell, Sheet
from points_bank.transaction import Transaction

AUDIT, CORRECTION = table_of(Audit), table_of(Correction)


class Deed(msgspec.Struct, frozen=True):
    """Who did what in a review, and about what (`participation:12`, `right:7`)."""

    at: datetime
    actor: str
    act: str
    details: list[str]


class ActivityEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """An activity under review. A mediation has no title here: it may name people."""

    id: int
    title: str | None
    started_at: datetime
    ended_at: datetime
    headcount: int | None
    recorded_by_id: int
    recorded_at: datetime
    decided_by_id: int | None
    decided_at: datetime | None
    flags: list[ToldFlag]
    sample: Sample | None
    entries: list[Entry]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """`pending_points` are frozen now; of false entries, `rejected_points` never settled, and `reversed_points` were
    taken back by corrections that two people carried out.
    """

    entries: int
    pending_points: int
    false_entries: int
    false_points: int
    rejected_points: int
    reversed_points: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    review: ReviewLine
    totals: Totals
    activities: list[ActivityEvidence]
    history: list[Deed]

    @property
    def member_ids(self) -> list[int]:
        return sorted({entry.member_id for activity in self.activities for entry in activity.entries})


_HISTORY = (
    sa.select(AUDIT.c.at, AUDIT.c.actor, AUDIT.c.act, AUDIT.c.details)
    .where(*given(AUDIT, "subject"))
    .order_by(AUDIT.c.id)
)
_REVERSED = sa.select(sa.func.coalesce(sa.func.sum(CORRECTION.c.points_before - CORRECTION.c.points_after), 0)).where(
    CORRECTION.c.id.in_(sa.bindparam("ids", expanding=True)), CORRECTION.c.is_approved.is_(True)
)


def evidence_of(tx: Transaction, review_id: int, *, language: Language, by: Actor) -> Evidence:
    """Everything about a review in one piece, for who decides, oversees, or hands it on."""
    review = review_seen(tx, review_id, task=Task.READ_DOUBTS, by=by)
    entries = entries_of(tx, review_id)
    by_activity: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_activity[entry.activity_id].append(entry)
    activities = activities_of(tx, sorted(by_activity))
    flags = flags_for(tx, activities, _lines_before(tx, entries), by=by)
    return Evidence(
        review=review,
        totals=_totals(tx, entries),
        activities=[
            _activity(tx, each, [told(flag, language) for flag in flags[each.id]], by_activity[each.id])
            for each in activities
        ],
        history=[Deed(*row) for row in tx.all(_HISTORY, subject=review.cause)],
    )


def _activity(tx: Transaction, activity: ActivityLine, flags: list[ToldFlag], entries: list[Entry]) -> ActivityEvidence:
    return ActivityEvidence(
        id=activity.id,
        title=None if activity.role is ServiceRole.MEDIATION else activity.title,
        started_at=activity.started_at,
        ended_at=activity.ended_at,
        headcount=activity.headcount,
        recorded_by_id=activity.recorded_by_id,
        recorded_at=activity.recorded_at,
        decided_by_id=activity.decided_by_id,
        decided_at=activity.decided_at,
        flags=flags,
        sample=sample_of(tx, activity.id),
        entries=entries,
    )


def _lines_before(tx: Transaction, entries: Sequence[Entry]) -> dict[int, list[ParticipationLine]]:
    """The lines of each activity as they stood when the review began: a decision does not make a sheet less odd."""
    before = {entry.participation_id: entry for entry in entries}
    found = lines_of_many(tx, sorted({entry.activity_id for entry in entries}))
    return {
        activity_id: [
            replace(line, state=before[line.id].state_before, minutes=before[line.id].minutes_before)
            if line.id in before
            else line
            for line in lines
        ]
        for activity_id, lines in found.items()
    }


def _totals(tx: Transaction, entries: Sequence[Entry]) -> Totals:
    false = [entry for entry in entries if entry.is_false]
    corrections = [entry.correction_id for entry in false if entry.correction_id is not None]
    return Totals(
        entries=len(entries),
        pending_points=sum(
            entry.points
            for entry in entries
            if entry.is_false is None and entry.state not in {ParticipationState.SETTLED, ParticipationState.REJECTED}
        ),
        false_entries=len(false),
        false_points=sum(entry.points_before for entry in false),
        rejected_points=sum(entry.points_before for entry in false if entry.state is ParticipationState.REJECTED),
        reversed_points=tx.scalar(_REVERSED, ids=corrections) if corrections else 0,
    )


ENTRIES, HISTORY = message("Entries"), message("History")
HEADINGS = (
    message("Activity"),
    message("Title"),
    message("Began"),
    message("Ended"),
    message("Entered"),
    message("Entered by (staff)"),
    message("Approved by (staff)"),
    message("Counted on the photo"),
    message("Flags"),
    message("Entry"),
    message("Member"),
    message("Minutes then"),
    message("Points then"),
    message("State then"),
    message("State now"),
    message("Points now"),
    message("Called back"),
    message("False"),
    message("Correction"),
)
HISTORY_HEADINGS = (message("When"), message("Who"), message("What"), message("About"))
YES, NO, OPEN = message("yes"), message("no"), message("open")
NOT_CALLED, NOT_DRAWN = message("not called yet"), message("not in the sample")


def sheets_of(evidence: Evidence, zone: ZoneInfo, language: Language) -> list[Sheet]:
    """The evidence as tables to hand on: an entry a row, and who did what. People stand in it by their numbers only."""
    return [
        Sheet(
            translate(ENTRIES, language),
            [translate(heading, language) for heading in HEADINGS],
            list(_rows(evidence, zone, language)),
        ),
        Sheet(
            translate(HISTORY, language),
            [translate(heading, language) for heading in HISTORY_HEADINGS],
            [(deed.at.astimezone(zone), deed.actor, deed.act, " ".join(deed.details)) for deed in evidence.history],
        ),
    ]


def _rows(evidence: Evidence, zone: ZoneInfo, language: Language) -> Iterator[tuple[Cell, ...]]:
    judged = {None: OPEN, True: YES, False: NO}
    for each in evidence.activities:
        times = [at.astimezone(zone) for at in (each.started_at, each.ended_at, each.recorded_at)]
        flags = " ".join(flag.code for flag in each.flags)
        drawn = {line.participation_id for line in each.sample.lines} if each.sample else set[int]()
        about = (each.id, each.title, *times, each.recorded_by_id, each.decided_by_id, each.headcount, flags)
        for entry in each.entries:
            yield (
                *about,
                entry.participation_id,
                entry.member_id,
                entry.minutes_before,
                entry.points_before,
                entry.state_before,
                entry.state,
                entry.points,
                entry.answer or translate(NOT_CALLED if entry.participation_id in drawn else NOT_DRAWN, language),
                translate(judged[entry.is_false], language),
                entry.correction_id,
            )
