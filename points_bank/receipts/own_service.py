"""One's own service as it stands, from approval on: how its points came about, who says so, and a doubt about it."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, Objection, Participation, ParticipationState
from points_bank.activities.reading import own_line
from points_bank.actor import Actor
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.receipts.reading import CorrectionBehind, ServiceBehind, corrections_of, service_behind
from points_bank.transaction import Transaction

ACTIVITY, LINE, OBJECTION = table_of(Activity), table_of(Participation), table_of(Objection)


class OwnObjection(msgspec.Struct, frozen=True):
    """`is_upheld` and `resolution` are None until it is decided."""

    reason: str
    raised_at: datetime
    is_upheld: bool | None
    resolution: str | None


class OwnService(msgspec.Struct, frozen=True, kw_only=True):
    """`settles_at` is None for what has settled, and for what is being looked into; `objections` newest first."""

    service: ServiceBehind
    state: ParticipationState
    points: int
    settles_at: datetime | None
    decision_reason: str | None
    corrections: list[CorrectionBehind]
    objections: list[OwnObjection]

    @property
    def is_doubted(self) -> bool:
        """Whether an objection waits for its decision."""
        return any(each.is_upheld is None for each in self.objections)


_SETTLES_AT = (
    sa.select(sa.func.coalesce(LINE.c.settles_at, ACTIVITY.c.settles_at, type_=LINE.c.settles_at.type))
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(*given(LINE, "id"), LINE.c.state == ParticipationState.UNDER_NOTICE)
)
_OBJECTIONS = (
    sa.select(OBJECTION.c.reason, OBJECTION.c.raised_at, OBJECTION.c.is_upheld, OBJECTION.c.resolution)
    .where(*given(OBJECTION, "participation_id", "raised_by_member_id"))
    .order_by(OBJECTION.c.id.desc())
)


def own_service(tx: Transaction, participation_id: int, *, by: Actor) -> OwnService:
    """A line of the member who asks, from approval on. Refuses `not_found` those of others and what only waits."""
    line = own_line(tx, participation_id, by=by)
    if line.state in {ParticipationState.LOGGED, ParticipationState.HELD}:
        raise NotFound
    service = service_behind(tx, line.id)
    assert service is not None, "it is there"
    objections = tx.all(_OBJECTIONS, participation_id=line.id, raised_by_member_id=by.member_id)
    return OwnService(
        service=service,
        state=line.state,
        points=line.points,
        settles_at=tx.scalar(_SETTLES_AT, id=line.id),
        decision_reason=line.decision_reason,
        corrections=corrections_of(tx, line.id),
        objections=[OwnObjection(*row) for row in objections],
    )
