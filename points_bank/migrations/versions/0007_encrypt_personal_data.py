"""Encrypt phones, and the rows of files that were refused.

What is encrypted is bound to its row: `member.phone:7`. The keys come from whoever runs this (`upgrading.Encryption`).
"""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0007"
down_revision = "0006"

ROWS_AT_A_TIME = 5_000
TAIL_HASH_BYTES = 8
KEYS = {"member": ("id",), "import_refusal": ("import_id", "number")}


def upgrade() -> None:
    number_keys()
    op.add_column("member", sa.Column("encrypted_phone", sa.LargeBinary(), nullable=True))
    op.add_column("member", sa.Column("phone_tail_hash", sa.LargeBinary(length=8), nullable=True))
    for name in ("cells", "faults"):
        op.add_column("import_refusal", sa.Column(f"encrypted_{name}", sa.LargeBinary(), nullable=True))
    encrypt_rows("member", ("phone",), phone_columns)
    encrypt_rows("import_refusal", ("cells", "faults"), refusal_columns)
    change_members()
    change_refusals()


def number_keys() -> None:
    op.create_table(
        "encryption_key",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("retired_at IS NULL OR replaced_at IS NOT NULL", name=op.f("ck_encryption_key_retired")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_encryption_key")),
    )
    # The first key is derived from the bank's secret, so that it is as old as the bank.
    op.execute("INSERT INTO encryption_key (number, made_at) VALUES (1, CURRENT_TIMESTAMP)")


def encrypt_rows(table: str, plain: tuple[str, ...], encrypted: Callable[[str, Any], dict[str, Any]]) -> None:
    """Part by part, in the order of the key."""
    names = (*KEYS[table], *plain, *COLUMNS[table])
    rows_of = sa.table(table, *(sa.column(name) for name in names))
    keys = [rows_of.c[name] for name in KEYS[table]]
    some = sa.select(*keys, *(rows_of.c[name] for name in plain)).where(rows_of.c[plain[0]].is_not(None))
    some = some.order_by(*keys).limit(ROWS_AT_A_TIME)
    update = sa.update(rows_of).where(*(key == sa.bindparam(f"of_{key.name}") for key in keys))
    update = update.values({name: sa.bindparam(f"new_{name}") for name in COLUMNS[table]})
    rows = op.get_bind().execute(some).all()
    while rows:
        values = []
        for row in rows:
            row_key = "/".join(str(getattr(row, key.name)) for key in keys)
            new = {f"new_{name}": value for name, value in encrypted(row_key, row).items()}
            values.append(new | {f"of_{key.name}": getattr(row, key.name) for key in keys})
        op.get_bind().execute(update, values)
        last = [sa.literal(getattr(rows[-1], key.name), sa.BigInteger()) for key in keys]
        rows = op.get_bind().execute(some.where(sa.tuple_(*keys) > sa.tuple_(*last))).all()


COLUMNS = {"member": ("encrypted_phone", "phone_tail_hash"), "import_refusal": ("encrypted_cells", "encrypted_faults")}


def phone_columns(row_key: str, row: Any) -> dict[str, Any]:
    encryption = context.config.attributes["encryption"]
    return {
        "encrypted_phone": encryption.encrypt(row.phone, f"member.phone:{row_key}"),
        "phone_tail_hash": encryption.digest("phone_tail", row.phone[-4:])[:TAIL_HASH_BYTES],
    }


def refusal_columns(row_key: str, row: Any) -> dict[str, Any]:
    encryption = context.config.attributes["encryption"]
    said = {name: getattr(row, name) for name in ("cells", "faults")}
    return {
        f"encrypted_{name}": encryption.encrypt(
            each if isinstance(each, str) else json.dumps(each, ensure_ascii=False), f"import_refusal.{name}:{row_key}"
        )
        for name, each in said.items()
    }


def change_members() -> None:
    op.drop_index("ix_member_phone_tail", "member")
    with op.batch_alter_table("member") as member:
        member.drop_constraint("ck_member_erasure", type_="check")
        member.drop_column("phone_tail")
        member.drop_column("phone")
        member.alter_column("encrypted_phone", new_column_name="phone", existing_type=sa.LargeBinary())
    with op.batch_alter_table("member") as member:
        member.create_check_constraint(
            op.f("ck_member_erasure"),
            "erased_at IS NULL OR (closed_at IS NOT NULL AND phone IS NULL AND born_on IS NULL)",
        )
    op.create_index("ix_member_phone_tail_hash", "member", ["phone_tail_hash"], unique=False)


def change_refusals() -> None:
    with op.batch_alter_table("import_refusal") as refusal:
        for name in ("cells", "faults"):
            refusal.drop_column(name)
            refusal.alter_column(
                f"encrypted_{name}", new_column_name=name, existing_type=sa.LargeBinary(), nullable=False
            )
