"""What must hold of certificates: each has its own number, and certifies no more than its activities say."""

from collections.abc import Iterator

import sqlalchemy as sa

from points_bank.certificates.models import Certificate, CertificateRequest
from points_bank.certificates.numbers import read_number
from points_bank.checks import Check
from points_bank.columns import table_of
from points_bank.errors import Invalid
from points_bank.transaction import Transaction

CERTIFICATE, REQUEST = table_of(Certificate), table_of(CertificateRequest)

_CERTIFICATES = sa.select(
    CERTIFICATE.c.id, CERTIFICATE.c.number, CERTIFICATE.c.service_minutes, CERTIFICATE.c.services
).order_by(CERTIFICATE.c.id)
_FOREIGN = (
    sa.select(REQUEST.c.id, REQUEST.c.certificate_id)
    .join_from(REQUEST, CERTIFICATE, CERTIFICATE.c.id == REQUEST.c.certificate_id)
    .where(CERTIFICATE.c.member_id != REQUEST.c.member_id)
    .order_by(REQUEST.c.id)
)


def wrong_certificates(tx: Transaction) -> Iterator[str]:
    for row in tx.all(_CERTIFICATES):
        listed = sum(minutes for _, minutes in row.services)
        if listed > row.service_minutes:
            yield f"certificate {row.id} certifies {row.service_minutes} min, its activities {listed}"
        if not _is_number(row.number):
            yield f"certificate {row.id} has the number {row.number}, which nobody can look up"


def foreign_requests(tx: Transaction) -> Iterator[str]:
    for row in tx.all(_FOREIGN):
        yield f"request {row.id} was answered with certificate {row.certificate_id} of somebody else"


def _is_number(number: str) -> bool:
    try:
        return read_number(number) == number
    except Invalid:
        return False


CHECKS = (
    Check("certificates", wrong_certificates),
    Check("requests for certificates", foreign_requests),
)
