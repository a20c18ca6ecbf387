"""Personal data that is encrypted where it stands: which columns, with which of the bank's keys, and changing the key.

A value is bound to its row: put into another one it cannot be read. docs/privacy.md says what is encrypted and why.
"""

from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, table_of
from points_bank.errors import Busy, message
from points_bank.keys import FIRST_KEY, KeyMissing, Keys, OtherKey, number_of
from points_bank.transaction import Transaction

VALUES_AT_A_TIME = 500
"""How many values are encrypted anew in one act: some 10 ms."""


class LacksKey(Busy):
    """503: a key of the bank is not among those of this process, or another one stands in its place."""

    sentence = message(
        "This machine lacks key {number} of the bank: phone numbers can be neither read nor written here. Nothing was "
        "changed. Please tell who looks after the bank."
    )

    def __init__(self, number: int) -> None:
        super().__init__(retry_after_seconds=60)
        self.fields["number"] = number


class Encrypted(sa.LargeBinary):
    """The type of a column whose values are texts that `Keys` encrypted."""


class EncryptionKey(SQLModel, table=True):
    """A key for encrypting by its number. The keys themselves are not in the database; who opens the `proof` has it.

    The one that was not replaced is used for whatever is written. One is retired when no value needs it any more.
    """

    __tablename__ = "encryption_key"
    __table_args__ = (check("retired", "retired_at IS NULL OR replaced_at IS NOT NULL"),)

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    made_at: datetime = instant()
    replaced_at: datetime | None = instant(optional=True)
    retired_at: datetime | None = instant(optional=True)
    proof: bytes | None = None


KEY = table_of(EncryptionKey)


class Cipher(msgspec.Struct, frozen=True):
    """The bank's keys, with the one that is in use."""

    keys: Keys
    number: int

    def encrypt(self, column: sa.Column[Any], row: object, text: str) -> bytes:
        """What is stored in that column of the row with this key (`7`, or `7/12` of two columns)."""
        return self.keys.encrypt(text, place=_place(column, row), number=self.number)


class KeyLine(msgspec.Struct, frozen=True):
    """A key's number and its times, and how many values are encrypted with it."""

    number: int
    made_at: datetime
    replaced_at: datetime | None
    retired_at: datetime | None
    values: int


# Whoever writes holds the key's row until the act ends, so that no key is replaced under a value on its way.
_NEWEST = sa.select(KEY.c.number, KEY.c.proof).where(KEY.c.replaced_at.is_(None)).order_by(KEY.c.number.desc()).limit(1)
_IN_USE, _TO_REPLACE = _NEWEST.with_for_update(read=True), _NEWEST.with_for_update()
_ALL = sa.select(KEY.c.number, KEY.c.made_at, KEY.c.replaced_at, KEY.c.retired_at).order_by(KEY.c.number)
_NEEDED = (
    sa.select(KEY.c.number, KEY.c.proof)
    .where(sa.or_(KEY.c.retired_at.is_(None), KEY.c.number == FIRST_KEY))
    .order_by(KEY.c.number)
)
_PROOF = sa.select(KEY.c.proof).where(KEY.c.number == sa.bindparam("of_number"))
_PROVE = sa.update(KEY).where(KEY.c.number == sa.bindparam("of_number")).values(proof=sa.bindparam("proof"))
_ADD = sa.insert(KEY)
_REPLACE = sa.update(KEY).where(KEY.c.replaced_at.is_(None)).values(replaced_at=sa.bindparam("now"))
_RETIRE = (
    sa.update(KEY)
    .where(KEY.c.replaced_at.is_not(None), KEY.c.retired_at.is_(None), KEY.c.number < sa.bindparam("newest"))
    .values(retired_at=sa.bindparam("now"))
)


def cipher_in_use(tx: Transaction) -> Cipher:
    """What to encrypt with in an act that writes. Refuses `busy` in the moment in which the key is replaced, and where
    this process lacks it."""
    found = tx.maybe(_IN_USE)
    if found is None:
        raise Busy
    _require_here(tx, found.number, found.proof)
    return Cipher(tx.keys, found.number)


def decrypt(tx: Transaction, column: sa.Column[Any], row: object, value: bytes) -> str:
    """The text of a stored value. Refuses `busy` where its key is not here; raises `NotDecrypted`, nobody's refusal."""
    number = number_of(value)
    if ("encryption_key", number) not in tx.known:
        _require_here(tx, number, tx.scalar(_PROOF, of_number=number))
    return tx.keys.decrypt(value, place=_place(column, row))


def encrypted_columns() -> list[sa.Column[Any]]:
    """Every encrypted column of the bank; `points_bank.tables` must have been imported."""
    tables = SQLModel.metadata.sorted_tables
    return [column for table in tables for column in table.columns if isinstance(column.type, Encrypted)]


def row_of(column: sa.Column[Any], row: Any) -> str:
    """What `Cipher.encrypt` takes for a row that holds its table's key."""
    return "/".join(str(getattr(row, name)) for name in _names(column))


def key_lines(tx: Transaction) -> list[KeyLine]:
    """All keys that there ever were."""
    counts: dict[int, int] = {}
    for column in encrypted_columns():
        for row in tx.all(_counts(column)):
            number = number_of(row.head)
            counts[number] = counts.get(number, 0) + row.count
    return [KeyLine(**row._asdict(), values=counts.get(row.number, 0)) for row in tx.all(_ALL)]


def needed_keys(tx: Transaction) -> list[int]:
    """The numbers of the keys that are in use, or that values may still have."""
    return [row.number for row in tx.all(_ALL) if row.retired_at is None]


def require_keys(tx: Transaction) -> None:
    """Raises `KeyMissing` or `OtherKey` for a process that lacks a key which was not retired, or the bank's secret."""
    for row in tx.all(_NEEDED):
        tx.keys.require(row.number, row.proof)


def prove_first_key(tx: Transaction) -> None:
    """For the act that opens a bank: from now on only whoever has this secret opens it."""
    tx.run(_PROVE, of_number=FIRST_KEY, proof=tx.keys.prove(FIRST_KEY))


def put_key_in_use(tx: Transaction, number: int) -> None:
    """Encrypt with that key from now on, and know it by its proof; nothing is done where it is in use.

    Refuses `busy` a process that lacks the key in use. Two at once may have made two keys of one number: the first one
    has the bank's, and the other is refused.
    """
    # One that waited for another to replace the key finds the row replaced, and looks for the new one.
    found = tx.maybe(_TO_REPLACE) or tx.one(_TO_REPLACE)
    _require_here(tx, found.number, found.proof)
    if found.number >= number:
        return
    tx.run(_REPLACE, now=tx.now)
    tx.run(_ADD, number=number, made_at=tx.now, replaced_at=None, retired_at=None, proof=tx.keys.prove(number))


class Place(msgspec.Struct, frozen=True):
    """Up to where values were looked at: the column, and the key of its last row."""

    column: int = 0
    after: tuple[Any, ...] = ()


def encrypt_anew(tx: Transaction, place: Place) -> tuple[Place | None, int]:
    """Encrypt some values that follow the place with the key in use; where to go on, None at the end, and how many
    values were looked at.

    Done again from any place, it changes only what another key has still encrypted.
    """
    columns = encrypted_columns()
    if place.column == len(columns):
        return None, 0
    column, cipher = columns[place.column], cipher_in_use(tx)
    after = {f"after_{name}": value for name, value in zip(_names(column), place.after, strict=False)}
    rows = tx.all(_some(column, is_first=not place.after), **after)
    for row in rows:
        if number_of(row.value) != cipher.number:
            text = decrypt(tx, column, row_of(column, row), row.value)
            new = cipher.encrypt(column, row_of(column, row), text)
            keys = {f"of_{name}": getattr(row, name) for name in _names(column)}
            tx.run(_change(column), new=new, old=row.value, **keys)
    if len(rows) < VALUES_AT_A_TIME:
        return Place(place.column + 1), len(rows)
    return Place(place.column, tuple(getattr(rows[-1], name) for name in _names(column))), len(rows)


def retire_replaced(tx: Transaction, *, newest: int) -> int:
    """Note that keys before the newest are needed no more; how many. The caller has seen that no value has them."""
    return tx.run(_RETIRE, now=tx.now, newest=newest)


def _require_here(tx: Transaction, number: int, proof: bytes | None) -> None:
    """Refuses `busy` where this process lacks a key. Once seen to be here, it is not looked for again."""
    if ("encryption_key", number) in tx.known:
        return
    try:
        tx.keys.require(number, proof)
    except (KeyMissing, OtherKey) as error:
        raise LacksKey(number) from error
    tx.known["encryption_key", number] = True


def _place(column: sa.Column[Any], row: object) -> str:
    return f"{column.table.name}.{column.name}:{row}"


def _names(column: sa.Column[Any]) -> list[str]:
    return [each.name for each in column.table.primary_key]


@cache
def _counts(column: sa.Column[Any]) -> sa.Select[Any]:
    head: sa.ColumnElement[Any] = sa.func.substr(column, 1, 2, type_=sa.LargeBinary).label("head")
    return sa.select(head, sa.func.count().label("count")).where(column.is_not(None)).group_by(head)


@cache
def _some(column: sa.Column[Any], *, is_first: bool) -> sa.Select[Any]:
    keys = [column.table.c[name] for name in _names(column)]
    some = sa.select(*keys, column.label("value")).where(column.is_not(None)).order_by(*keys).limit(VALUES_AT_A_TIME)
    after = [sa.bindparam(f"after_{key.name}", type_=key.type) for key in keys]
    return some if is_first else some.where(sa.tuple_(*keys) > sa.tuple_(*after))


@cache
def _change(column: sa.Column[Any]) -> sa.Update:
    """Unless somebody else has written another value meanwhile."""
    keys = [column.table.c[name] == sa.bindparam(f"of_{name}") for name in _names(column)]
    return sa.update(column.table).where(*keys, column == sa.bindparam("old")).values({column: sa.bindparam("new")})
