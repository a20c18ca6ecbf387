"""Reading certificates: all of one for its member and staff, and its state alone for anyone who has the number."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, Participation
from points_bank.activities.reading import NAME_OF_SERVICE
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below, branch_seen
from points_bank.certificates.models import Certificate, CertificateRequest
from points_bank.certificates.numbers import read_number
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.members.finding import member_seen
from points_bank.members.models import Member
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

CERTIFICATE, REQUEST = table_of(Certificate), table_of(CertificateRequest)
LINE, ACTIVITY = table_of(Participation), table_of(Activity)
MEMBER, BRANCH, STAFF = table_of(Member), table_of(Branch), table_of(Staff)


class CertificateState(StrEnum):
    """Announced inside the branch for a week, then valid; revoked at any time."""

    ANNOUNCED = "announced"
    VALID = "valid"
    REVOKED = "revoked"


class CertifiedService(msgspec.Struct, frozen=True):
    """One activity as it was certified. A mediation is called by its case number."""

    title: str
    service_on: date
    minutes: int


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it is printed. Names are those of today; minutes, stars and activities those of its issue."""

    id: int
    number: str
    state: CertificateState
    member_id: int
    name: str
    service_minutes: int
    stars: int
    services: list[CertifiedService]
    issuer: str
    handler: str
    issued_at: datetime
    valid_at: datetime
    revoked_at: datetime | None
    revocation_reason: str | None


class RequestLine(msgspec.Struct, frozen=True):
    """Somebody waits for a certificate."""

    id: int
    member_id: int
    name: str
    asked_at: datetime


_STATE = sa.select(CERTIFICATE.c.valid_at, CERTIFICATE.c.revoked_at).where(*given(CERTIFICATE, "number"))
_LABELS = {"name": MEMBER.c.name, "issuer": BRANCH.c.name, "handler": STAFF.c.name}
_OWN = [name for name in CertificateView.__struct_fields__ if name not in {*_LABELS, "state"}]
_VIEWS = (
    sa.select(*(CERTIFICATE.c[name] for name in _OWN), *(column.label(name) for name, column in _LABELS.items()))
    .join_from(CERTIFICATE, MEMBER, MEMBER.c.id == CERTIFICATE.c.member_id)
    .join(BRANCH, BRANCH.c.id == CERTIFICATE.c.branch_id)
    .join(STAFF, STAFF.c.id == CERTIFICATE.c.issued_by_id)
    .where(CERTIFICATE.c.id < sa.bindparam("before_id"))
    .order_by(CERTIFICATE.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_OF_MEMBER = _VIEWS.where(*given(CERTIFICATE, "member_id"))
_ANNOUNCED = _VIEWS.where(
    below(BRANCH.c.path, "path"),
    CERTIFICATE.c.valid_at > sa.bindparam("now"),
    CERTIFICATE.c.revoked_at.is_(None),
)
_SERVICES = (
    sa.select(LINE.c.id, NAME_OF_SERVICE.label("title"), LINE.c.service_on)
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(LINE.c.id.in_(sa.bindparam("ids", expanding=True)))
)
_REQUESTS = (
    sa.select(REQUEST.c.id, REQUEST.c.member_id, MEMBER.c.name, REQUEST.c.asked_at)
    .join_from(REQUEST, MEMBER, MEMBER.c.id == REQUEST.c.member_id)
    .join(BRANCH, BRANCH.c.id == MEMBER.c.branch_id)
    .where(
        REQUEST.c.certificate_id.is_(None),
        below(BRANCH.c.path, "path"),
        REQUEST.c.id > sa.bindparam("after_id"),
    )
    .order_by(REQUEST.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def state_of_certificate(tx: Transaction, number: str) -> CertificateState:
    """For anyone: whether a certificate of that number is good, and nothing else. Refuses `not_found`."""
    row = tx.maybe(_STATE, number=read_number(number))
    if row is None:
        raise NotFound
    return _state(tx, row)


def certificates_of(tx: Transaction, member_id: int, *, before_id: int, limit: int, by: Actor) -> list[CertificateView]:
    """A member's certificates, newest first, one more than the limit: for themselves and staff who read transfers."""
    member_seen(tx, member_id, task=Task.READ_TRANSFERS, by=by)
    return _views(tx, tx.all(_OF_MEMBER, member_id=member_id, before_id=before_id, most=limit + 1))


def announced_certificates(
    tx: Transaction, *, branch_id: int, before_id: int, limit: int, by: Actor
) -> list[CertificateView]:
    """What is announced in a branch and below it now, newest first, one more than the limit; to be posted up."""
    path = _path(tx, branch_id, by)
    return _views(tx, tx.all(_ANNOUNCED, path=path, now=tx.now, before_id=before_id, most=limit + 1))


def certificate_requests(tx: Transaction, *, branch_id: int, after_id: int, limit: int, by: Actor) -> list[RequestLine]:
    """Who waits for a certificate in a branch and below it, oldest first, one more than the limit."""
    path = _path(tx, branch_id, by)
    return [RequestLine(*row) for row in tx.all(_REQUESTS, path=path, after_id=after_id, most=limit + 1)]


def _path(tx: Transaction, branch_id: int, by: Actor) -> str:
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_TRANSFERS, branch.path)
    return branch.path


def _views(tx: Transaction, rows: Sequence[Any]) -> list[CertificateView]:
    ids = sorted({participation_id for row in rows for participation_id, _ in row.services})
    services = {row.id: row for row in tx.all(_SERVICES, ids=ids)} if ids else {}
    return [
        CertificateView(
            **{name: getattr(row, name) for name in (*_OWN, *_LABELS) if name != "services"},
            state=_state(tx, row),
            services=_certified(row.services, services),
        )
        for row in rows
    ]


def _certified(frozen: Iterable[Sequence[int]], lines: Mapping[int, Any]) -> list[CertifiedService]:
    return [CertifiedService(lines[line].title, lines[line].service_on, minutes) for line, minutes in frozen]


def _state(tx: Transaction, row: Any) -> CertificateState:
    if row.revoked_at is not None:
        return CertificateState.REVOKED
    return CertificateState.VALID if row.valid_at <= tx.now else CertificateState.ANNOUNCED
