"""The books: every check of every folder, on one snapshot."""

from dataclasses import dataclass

from points_bank.activities import checks as activities
from points_bank.branches import checks as branches
from points_bank.certificates import checks as certificates
from points_bank.checks import Check, Told, telling
from points_bank.database import Database
from points_bank.extensions import checks as extensions
from points_bank.gifts import checks as gifts
from points_bank.imports import checks as imports
from points_bank.leaderboards import checks as leaderboards
from points_bank.ledger import checks as ledger
from points_bank.members import checks as members
from points_bank.redemptions import checks as redemptions
from points_bank.reports import checks as reports
from points_bank.reviews import checks as reviews
from points_bank.rewards import checks as rewards
from points_bank.rules import checks as rules
from points_bank.suspensions import checks as suspensions
from points_bank.transaction import Transaction

CHECKS: tuple[Check, ...] = (
    *activities.CHECKS,
    *branches.CHECKS,
    *certificates.CHECKS,
    *extensions.CHECKS,
    *gifts.CHECKS,
    *imports.CHECKS,
    *leaderboards.CHECKS,
    *ledger.CHECKS,
    *members.CHECKS,
    *redemptions.CHECKS,
    *reports.CHECKS,
    *reviews.CHECKS,
    *rewards.CHECKS,
    *rules.CHECKS,
    *suspensions.CHECKS,
)


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    differences: list[str]


def verify(tx: Transaction, *, told: Told | None = None) -> list[Finding]:
    """What every check found, in order; a check that holds has no differences.

    It is one snapshot, held as long as it takes: about a minute for ten million transfers. `told` hears how far it is.
    """
    with telling(told):
        return [Finding(check.name, list(check.differences(tx))) for check in CHECKS]


async def differences(database: Database, *, told: Told | None = None) -> list[str]:
    """Every difference in the books, named; empty when all is well."""
    findings = await database.read(verify, told=told)
    return [f"{finding.check}: {difference}" for finding in findings for difference in finding.differences]
