"""All tables of the bank, imported so that the metadata is whole: for migrations, `verify` and tests."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

import points_bank.activities.models
import points_bank.audit
import points_bank.branches.models
import points_bank.certificates.models
import points_bank.encryption
import points_bank.extensions.models
import points_bank.gifts.models
import points_bank.goals.models
import points_bank.idempotency
import points_bank.imports.models
import points_bank.job_runs
import points_bank.leaderboards.models
import points_bank.ledger.models
import points_bank.looks.models
import points_bank.members.models
import points_bank.messages.models
import points_bank.outbox
import points_bank.redemptions.models
import points_bank.reports.models
import points_bank.reviews.models
import points_bank.rewards.models
import points_bank.rules.models
import points_bank.staff.models
import points_bank.suspensions.models  # noqa: F401  # imported for their tables

metadata: MetaData = SQLModel.metadata
