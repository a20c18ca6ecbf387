"""Prove which keys are the bank's.

A proof is made only with keys that open what is there: a bank must not be told that another one's key is its own.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0011"
down_revision = "0010"

FIRST_KEY = 1
SAMPLES = 20
PLACES = {"member.phone": ("id",), "import_refusal.cells": ("import_id", "number")}
KEY = sa.table(
    "encryption_key",
    sa.column("number", sa.Integer()), sa.column("retired_at", sa.DateTime(timezone=True)),
    sa.column("proof", sa.LargeBinary()),
)  # fmt: skip
MEMBER = sa.table(
    "member", sa.column("id", sa.BigInteger()), sa.column("phone", sa.LargeBinary()),
    sa.column("phone_hash", sa.LargeBinary()),
)  # fmt: skip


def upgrade() -> None:
    op.add_column("encryption_key", sa.Column("proof", sa.LargeBinary(), nullable=True))
    # A bank that is not open yet proves its key when it is opened.
    if op.get_bind().execute(sa.text("SELECT 1 FROM branch LIMIT 1")).first() is not None:
        prove_keys()


def prove_keys() -> None:
    encryption = context.config.attributes["encryption"]
    query = sa.select(KEY.c.number).where(sa.or_(KEY.c.retired_at.is_(None), KEY.c.number == FIRST_KEY))
    for number in sorted(op.get_bind().scalars(query)):
        proof = encryption.prove(number, samples_of(number))
        op.get_bind().execute(sa.update(KEY).where(KEY.c.number == number).values(proof=proof))
    # The secret shows in what is hashed with it, also where it has encrypted nothing that is left.
    some = sa.select(MEMBER).where(MEMBER.c.phone.is_not(None), MEMBER.c.phone_hash.is_not(None)).limit(SAMPLES)
    phones = [(row.phone, f"member.phone:{row.id}", row.phone_hash) for row in op.get_bind().execute(some)]
    encryption.require_secret(phones)


def samples_of(number: int) -> list[tuple[bytes, str]]:
    """Values that have the key's number, each with the place that it was encrypted for."""
    return [sample for place in PLACES for sample in samples_in(place, number)]


def samples_in(place: str, number: int) -> list[tuple[bytes, str]]:
    name, _, column = place.partition(".")
    keys: list[Any] = [sa.column(key, sa.BigInteger()) for key in PLACES[place]]
    value: Any = sa.column(column, sa.LargeBinary())
    head = sa.func.substr(value, 1, 2, type_=sa.LargeBinary())
    some = sa.select(*keys, value.label("value")).select_from(sa.table(name))
    some = some.where(value.is_not(None), head == number.to_bytes(2)).limit(SAMPLES)
    return [
        (row.value, f"{place}:{'/'.join(str(getattr(row, key.name)) for key in keys)}")
        for row in op.get_bind().execute(some)
    ]
