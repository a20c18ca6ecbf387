"""Know from where people sign in, so that nobody elsewhere keeps them out."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "known_address",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_address")),
        sa.UniqueConstraint("subject_hash", name=op.f("uq_known_address_subject_hash")),
    )
    op.create_index(op.f("ix_known_address_signed_in_at"), "known_address", ["signed_in_at"], unique=False)
