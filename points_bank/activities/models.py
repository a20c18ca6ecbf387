"""Tables of activities, who took part, and corrections."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import BigInt, check, instant, is_one_of, key, one_of, refers_to
from points_bank.rules.points import CaseOutcome
from points_bank.rules.rule_set import ServiceRole


class ActivityState(StrEnum):
    LOGGED = "logged"
    UNDER_NOTICE = "under_notice"
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"


class ParticipationState(StrEnum):
    """A held line waits for the approver: it overlaps the same person's other service.

    A frozen line was under notice, and does not settle until an objection or a review is decided.
    """

    LOGGED = "logged"
    HELD = "held"
    UNDER_NOTICE = "under_notice"
    FROZEN = "frozen"
    SETTLED = "settled"
    REJECTED = "rejected"


class Activity(SQLModel, table=True):
    """One session of service, as on its sign-in sheet. `fingerprint` refuses the same sheet twice.

    `headcount` is how many people were counted on the photo, where there is one.
    """

    __table_args__ = (
        is_one_of("role", ServiceRole),
        is_one_of("state", ActivityState),
        check("times", "ended_at > started_at"),
        check("two_people", "decided_by_id IS NULL OR decided_by_id <> recorded_by_id"),
        check("notice", "(state IN ('under_notice', 'settled')) = (settles_at IS NOT NULL)"),
        sa.Index("ix_activity_branch_id", "branch_id", "service_on"),
        sa.Index("ix_activity_settles_at", "state", "settles_at"),
        sa.Index("ix_activity_recorded_by_id", "recorded_by_id", "recorded_at"),
        check("headcount", "headcount >= 0"),
    )

    id: int | None = key()
    branch_id: int = refers_to("branch.id")
    role: ServiceRole = one_of(ServiceRole)
    title: str = Field(max_length=100)
    theme: str | None = Field(default=None, max_length=40)
    place: str | None = Field(default=None, max_length=100)
    evidence: str | None = Field(default=None, max_length=500)
    headcount: int | None = None
    started_at: datetime = instant()
    ended_at: datetime = instant()
    service_on: date
    state: ActivityState = one_of(ActivityState)
    is_late: bool = False
    rule_set_id: int = refers_to("rule_set.id")
    fingerprint: bytes | None = Field(default=None, sa_type=sa.LargeBinary(32), unique=True)
    recorded_by_id: int = refers_to("staff.id")
    recorded_at: datetime = instant()
    decided_by_id: int | None = refers_to("staff.id", optional=True)
    decided_at: datetime | None = instant(optional=True)
    decision_reason: str | None = Field(default=None, max_length=500)
    settles_at: datetime | None = instant(optional=True)


class Participation(SQLModel, table=True):
    """One member in one activity. `minutes` is the service in full, `points` what the rules and caps leave of it.

    `rule_points` is what the role's rule gave before lead and caps: lines with some count as sessions and mediators.
    `settled_at` is the instant from which the line counts: the end of its notice, also where the job came later.
    `settles_at` is only for a line that was frozen and freed again after the notice of its activity had ended.
    """

    __table_args__ = (
        is_one_of("role", ServiceRole),
        is_one_of("state", ParticipationState),
        is_one_of("case_outcome", CaseOutcome),
        sa.UniqueConstraint("activity_id", "member_id"),
        check("points", "points >= 0"),
        check("minutes", "minutes >= 0"),
        check("times", "ended_at >= started_at"),
        check("settlement", "(state = 'settled') = (settled_at IS NOT NULL)"),
        check("freed", "settles_at IS NULL OR state = 'under_notice'"),
        sa.Index("ix_participation_member_id", "member_id", "service_on", "state"),
        # Only what has settled counts on boards, and only then is this index written.
        sa.Index(
            "ix_participation_board",
            "service_on",
            "settled_at",
            "member_id",
            "role",
            "points",
            "minutes",
            "state",
            sqlite_where=sa.text("settled_at IS NOT NULL"),
            postgresql_where=sa.text("settled_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_participation_case",
            "case_reference",
            sqlite_where=sa.text("case_reference IS NOT NULL"),
            postgresql_where=sa.text("case_reference IS NOT NULL"),
        ),
        sa.Index(
            "ix_participation_settles_at",
            "settles_at",
            sqlite_where=sa.text("settles_at IS NOT NULL"),
            postgresql_where=sa.text("settles_at IS NOT NULL"),
        ),
    )

    id: int | None = key()
    activity_id: int = refers_to("activity.id")
    member_id: int = refers_to("member.id")
    state: ParticipationState = one_of(ParticipationState)
    role: ServiceRole = one_of(ServiceRole)
    service_on: date
    started_at: datetime = instant()
    ended_at: datetime = instant()
    minutes: int
    points: int
    rule_points: int
    is_lead: bool = False
    case_reference: str | None = Field(default=None, max_length=40)
    case_outcome: CaseOutcome | None = one_of(CaseOutcome, optional=True)
    followed_up_on: date | None = None
    arithmetic: dict[str, Any] = Field(sa_type=sa.JSON)
    overlap_minutes: int = 0
    decision_reason: str | None = Field(default=None, max_length=500)
    settled_at: datetime | None = instant(optional=True)
    settles_at: datetime | None = instant(optional=True)


class Correction(SQLModel, table=True):
    """What two people changed in a line after its approval. `transfer_id` is the reversal or the award it led to."""

    __table_args__ = (
        check("minutes", "minutes_after >= 0 AND minutes_before >= 0"),
        check("two_people", "decided_by_id IS NULL OR decided_by_id <> proposed_by_id"),
        check("decision", "(is_approved IS NULL) = (decided_at IS NULL)"),
        sa.Index(
            "uq_correction_pending",
            "participation_id",
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        ),
        sa.Index("ix_correction_participation_id", "participation_id"),
        sa.Index("ix_correction_decided_at", "decided_at"),
    )

    id: int | None = key()
    participation_id: int = refers_to("participation.id")
    minutes_before: int
    minutes_after: int
    points_before: int
    points_after: int
    reason: str = Field(max_length=500)
    proposed_by_id: int = refers_to("staff.id")
    proposed_at: datetime = instant()
    decided_by_id: int | None = refers_to("staff.id", optional=True)
    decided_at: datetime | None = instant(optional=True)
    is_approved: bool | None = None
    transfer_id: int | None = refers_to("transfer.id", optional=True)


class CorrectionRules(SQLModel, table=True):
    """The version of the rules that a correction puts its line under; without a row it stays with what it was."""

    __tablename__ = "correction_rules"

    correction_id: int = Field(primary_key=True, foreign_key="correction.id", sa_type=BigInt)
    rule_set_id: int = refers_to("rule_set.id")


class CallAnswer(StrEnum):
    """What somebody said who was called back about a line. Who was not reached may be called again."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    NOT_REACHED = "not_reached"


class CallBackSample(SQLModel, table=True):
    """Lines of an activity drawn by chance, once: `seed` is what they were drawn with, so that anybody can draw again.

    The sample is `size` lines, in the order of SHA-256 of `seed:line id`.
    """

    __tablename__ = "call_back_sample"
    __table_args__ = (check("size", "size > 0"),)

    id: int | None = key()
    activity_id: int = Field(foreign_key="activity.id", sa_type=BigInt, unique=True)
    seed: str = Field(max_length=64)
    size: int
    drawn_by_id: int = refers_to("staff.id")
    drawn_at: datetime = instant()


class CallBack(SQLModel, table=True):
    """A line of a sample: whether its person was called, by whom and when, and what they said."""

    __tablename__ = "call_back"
    __table_args__ = (
        is_one_of("answer", CallAnswer),
        check("called", "(answer IS NULL) = (called_at IS NULL) AND (answer IS NULL) = (called_by_id IS NULL)"),
    )

    participation_id: int = Field(primary_key=True, foreign_key="participation.id", sa_type=BigInt)
    sample_id: int = refers_to("call_back_sample.id", index=True)
    place: int
    answer: CallAnswer | None = one_of(CallAnswer, optional=True)
    called_by_id: int | None = refers_to("staff.id", optional=True)
    called_at: datetime | None = instant(optional=True)
    calls: int = 0


_OPEN_FREEZE = sa.text("thawed_at IS NULL")


class Freeze(SQLModel, table=True):
    """What keeps a line from being approved or settled: `cause` is `objection:7` or `review:3`, until `thawed_at`."""

    __tablename__ = "participation_freeze"
    __table_args__ = (
        sa.Index(
            "uq_participation_freeze_open",
            "participation_id",
            "cause",
            unique=True,
            sqlite_where=_OPEN_FREEZE,
            postgresql_where=_OPEN_FREEZE,
        ),
        sa.Index("ix_participation_freeze_cause", "cause"),
    )

    id: int | None = key()
    participation_id: int = refers_to("participation.id")
    cause: str = Field(max_length=40)
    frozen_at: datetime = instant()
    thawed_at: datetime | None = instant(optional=True)


class Objection(SQLModel, table=True):
    """A doubt about a line, raised by staff or by the member whose line it is, and decided by another person.

    `correction_id` is what an upheld one proposed for a line that had settled.
    """

    __table_args__ = (
        check("raiser", "(raised_by_id IS NULL) <> (raised_by_member_id IS NULL)"),
        check("two_people", "resolved_by_id IS NULL OR raised_by_id IS NULL OR resolved_by_id <> raised_by_id"),
        check("resolution", "(is_upheld IS NULL) = (resolved_at IS NULL)"),
        sa.Index(
            "uq_objection_pending",
            "participation_id",
            unique=True,
            sqlite_where=sa.text("resolved_at IS NULL"),
            postgresql_where=sa.text("resolved_at IS NULL"),
        ),
        sa.Index("ix_objection_participation_id", "participation_id"),
        sa.Index("ix_objection_raised_by_member_id", "raised_by_member_id"),
    )

    id: int | None = key()
    participation_id: int = refers_to("participation.id")
    reason: str = Field(max_length=500)
    raised_by_id: int | None = refers_to("staff.id", optional=True)
    raised_by_member_id: int | None = refers_to("member.id", optional=True)
    raised_at: datetime = instant()
    is_upheld: bool | None = None
    resolution: str | None = Field(default=None, max_length=500)
    resolved_by_id: int | None = refers_to("staff.id", optional=True)
    resolved_at: datetime | None = instant(optional=True)
    correction_id: int | None = refers_to("correction.id", optional=True)
