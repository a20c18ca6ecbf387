"""Asking for a certificate, issuing it, and revoking it."""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.models import Participation, ParticipationState
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.certificates.models import Certificate, CertificateRequest
from points_bank.certificates.numbers import derive_number, read_number
from points_bank.clock import start_of_day
from points_bank.columns import given, table_of
from points_bank.errors import AlreadyRevoked, NotFound, NothingToCertify, OwnActivity
from points_bank.ledger.accounts import lock_account, lock_accounts
from points_bank.members.finding import MemberLine, member_seen, merged_into
from points_bank.members.models import MemberMerger
from points_bank.rules.in_force import rules_in_force
from points_bank.transaction import Transaction

CERTIFICATE, REQUEST = table_of(Certificate), table_of(CertificateRequest)
LINE, BRANCH, MERGER = table_of(Participation), table_of(Branch), table_of(MemberMerger)

PUBLICITY_DAYS = 7
"""Full days inside the branch before a certificate is valid."""


class AskedCertificate(msgspec.Struct, frozen=True):
    id: int
    asked_at: datetime


class IssuedCertificate(msgspec.Struct, frozen=True):
    """The number stands on paper; what it says is read by it."""

    id: int
    number: str


class RevokedCertificate(msgspec.Struct, frozen=True):
    number: str
    revoked_at: datetime


_OPEN_REQUEST = sa.select(REQUEST.c.id, REQUEST.c.asked_at).where(
    *given(REQUEST, "member_id"), REQUEST.c.certificate_id.is_(None)
)
_ASK = sa.insert(REQUEST).returning(REQUEST.c.id)
_FULFIL = (
    sa.update(REQUEST)
    .where(REQUEST.c.member_id == sa.bindparam("whose"), REQUEST.c.certificate_id.is_(None))
    .values(certificate_id=sa.bindparam("issued_id"))
)
_SERVICES = (
    sa.select(LINE.c.id, LINE.c.minutes)
    .where(
        LINE.c.member_id.in_(sa.bindparam("member_ids", expanding=True)),
        LINE.c.state == ParticipationState.SETTLED,
        LINE.c.minutes > 0,
    )
    .order_by(LINE.c.service_on, LINE.c.id)
)
_SERIAL = sa.select(sa.func.count()).select_from(CERTIFICATE).where(*given(CERTIFICATE, "member_id"))
_NEWEST = (
    sa.select(
        *(CERTIFICATE.c.id, CERTIFICATE.c.number, CERTIFICATE.c.branch_id),
        *(CERTIFICATE.c.service_minutes, CERTIFICATE.c.stars, CERTIFICATE.c.services),
    )
    .where(*given(CERTIFICATE, "member_id"), CERTIFICATE.c.revoked_at.is_(None))
    .order_by(CERTIFICATE.c.id.desc())
    .limit(1)
)
_ISSUE = sa.insert(CERTIFICATE).returning(CERTIFICATE.c.id)
_BY_NUMBER = (
    sa.select(CERTIFICATE.c.id, CERTIFICATE.c.member_id, CERTIFICATE.c.revoked_at, BRANCH.c.path)
    .join_from(CERTIFICATE, BRANCH, BRANCH.c.id == CERTIFICATE.c.branch_id)
    .where(*given(CERTIFICATE, "number"))
)
_REVOKE = (
    sa.update(CERTIFICATE)
    .where(CERTIFICATE.c.id == sa.bindparam("certificate_id"), CERTIFICATE.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"), revoked_by_id=sa.bindparam("by_id"), revocation_reason=sa.bindparam("why"))
)


def ask_for_certificate(tx: Transaction, *, by: Actor) -> AskedCertificate:
    """The member who asks wants a certificate. Asked again before it is issued, it stays as first asked.

    Refuses `nothing_to_certify` who has no settled service.
    """
    assert by.member_id is not None, "a member asks"
    member_seen(tx, by.member_id, task=Task.READ_TRANSFERS, by=by).require_open()
    if lock_account(tx, by.member_id).service_minutes == 0:
        raise NothingToCertify
    waiting = asked_certificate(tx, by=by)
    if waiting is not None:
        return waiting
    request_id = tx.scalar(_ASK, member_id=by.member_id, asked_at=tx.now)
    audit.note(tx, by, f"member:{by.member_id}", "certificate")
    return AskedCertificate(request_id, tx.now)


def asked_certificate(tx: Transaction, *, by: Actor) -> AskedCertificate | None:
    """What the member who asks has asked for and does not have yet."""
    waiting = tx.maybe(_OPEN_REQUEST, member_id=by.member_id)
    return None if waiting is None else AskedCertificate(waiting.id, waiting.asked_at)


def issue_certificate(tx: Transaction, member_id: int, *, by: Actor) -> IssuedCertificate:
    """Certify what a member has served so far, also after closing; it is announced first, then valid.

    Where their newest certificate that was not revoked says just that, it is the answer. What was served under another
    passbook that was merged into theirs counts.

    Refuses `nothing_to_certify` without settled service, and `own_activity` to who would certify themselves.
    """
    member = member_seen(tx, member_id, task=Task.CERTIFY, by=by)
    if by.member_id == member_id:
        raise OwnActivity
    member_ids = [member_id, *merged_into(tx, member_id)]
    minutes = sum(account.service_minutes for account in lock_accounts(tx, member_ids).values())
    if minutes == 0:
        raise NothingToCertify
    stars = rules_in_force(tx, branch_path=member.branch_path, on=tx.today).rule_set.stars_of(minutes)
    services = [[row.id, row.minutes] for row in tx.all(_SERVICES, member_ids=member_ids)]
    same = _newest_saying(tx, member, minutes=minutes, stars=stars, services=services)
    if same is not None:
        tx.run(_FULFIL, whose=member_id, issued_id=same.id)
        return same
    serial = tx.scalar(_SERIAL, member_id=member_id)
    number = derive_number(tx.keys, member_id=member_id, serial=serial, year=tx.today.year)
    certificate_id = tx.scalar(
        _ISSUE,
        number=number,
        member_id=member_id,
        branch_id=member.branch_id,
        service_minutes=minutes,
        stars=stars,
        services=services,
        issued_by_id=by.staff_id,
        issued_at=tx.now,
        valid_at=start_of_day(tx.today + timedelta(days=PUBLICITY_DAYS + 1), tx.zone),
    )
    tx.run(_FULFIL, whose=member_id, issued_id=certificate_id)
    audit.note(tx, by, f"certificate:{certificate_id}", f"member:{member_id}")
    return IssuedCertificate(certificate_id, number)


def _newest_saying(
    tx: Transaction, member: MemberLine, *, minutes: int, stars: int, services: list[list[int]]
) -> IssuedCertificate | None:
    """The newest certificate that counts or is announced, if it is of the same branch and says the same."""
    newest = tx.maybe(_NEWEST, member_id=member.id)
    says = (member.branch_id, minutes, stars, services)
    if newest is None or (newest.branch_id, newest.service_minutes, newest.stars, newest.services) != says:
        return None
    return IssuedCertificate(newest.id, newest.number)


def revoke_certificate(tx: Transaction, number: str, *, reason: str, by: Actor) -> RevokedCertificate:
    """Have a certificate no longer count, for a reason that stays on record. Refuses `already_revoked`."""
    certificate = tx.maybe(_BY_NUMBER, number=read_number(number))
    if certificate is None:
        raise NotFound
    by.require(Task.APPROVE, certificate.path)
    if by.member_id == certificate.member_id:
        raise OwnActivity
    if not tx.run(_REVOKE, certificate_id=certificate.id, now=tx.now, by_id=by.staff_id, why=reason.strip()):
        raise AlreadyRevoked
    audit.note(tx, by, f"certificate:{certificate.id}")
    return RevokedCertificate(read_number(number), tx.now)
