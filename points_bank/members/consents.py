"""Consents: one for each purpose, dated, and withdrawn as easily as given."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, ActorKind, Task
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.members.finding import MemberLine, member_seen
from points_bank.members.models import Consent, Purpose
from points_bank.transaction import Transaction

CONSENT = table_of(Consent)


class GivenConsent(msgspec.Struct, frozen=True):
    purpose: Purpose
    given_at: datetime


_IN_FORCE = sa.select(CONSENT.c.purpose, CONSENT.c.given_at).where(
    *given(CONSENT, "member_id", "purpose"), CONSENT.c.withdrawn_at.is_(None)
)
_GIVE = sa.insert(CONSENT)
_WITHDRAW = (
    sa.update(CONSENT)
    .where(
        CONSENT.c.member_id == sa.bindparam("whose"),
        CONSENT.c.purpose == sa.bindparam("what_for"),
        CONSENT.c.withdrawn_at.is_(None),
    )
    .values(withdrawn_at=sa.bindparam("now"))
)


def give_consent(tx: Transaction, member_id: int, purpose: Purpose, *, by: Actor) -> GivenConsent:
    """Write down from when a member agrees. Given again, it stays as first given. Refuses `member_closed`."""
    _member(tx, member_id, by=by).require_open()
    kept = tx.maybe(_IN_FORCE, member_id=member_id, purpose=purpose)
    if kept is not None:
        return GivenConsent(kept.purpose, kept.given_at)
    tx.run(_GIVE, member_id=member_id, purpose=purpose, given_at=tx.now)
    audit.note(tx, by, f"member:{member_id}", purpose)
    return GivenConsent(purpose, tx.now)


def withdraw_consent(tx: Transaction, member_id: int, purpose: Purpose, *, by: Actor) -> None:
    """Write down from when a member no longer agrees; without a consent in force, nothing changes.

    Nothing stands in the way of withdrawing, a closed passbook included.
    """
    _member(tx, member_id, by=by)
    if tx.run(_WITHDRAW, whose=member_id, what_for=purpose, now=tx.now):
        audit.note(tx, by, f"member:{member_id}", purpose)


def _member(tx: Transaction, member_id: int, *, by: Actor) -> MemberLine:
    """Members decide for themselves; staff write down what they were told on paper."""
    if by.kind is not ActorKind.MEMBER:
        return member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by)
    if by.member_id != member_id:
        raise NotFound
    return member_seen(tx, member_id, task=Task.READ_MEMBERS, by=by)
