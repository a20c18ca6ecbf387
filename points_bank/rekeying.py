"""Changing the key that personal data is encrypted with, while the bank is served.

A new key is kept in the key file before anything is encrypted with it; values are encrypted anew in short acts; the
old key leaves the file when no value has it any more. Ended anywhere, the same command goes on where it was. What is
derived from the bank's secret, which stays, is as good as before.
"""

import secrets
from pathlib import Path

import msgspec

from points_bank.backup import NotKept
from points_bank.checks import Told
from points_bank.database import Database
from points_bank.encryption import (
    KeyLine,
    LacksKey,
    Place,
    encrypt_anew,
    key_lines,
    put_key_in_use,
    retire_replaced,
)  # fmt: skip
from points_bank.errors import message
from points_bank.key_files import alone_with_keys, newest_key
from points_bank.keys import KeyText, keys_at, read_key_text, replace_secret, retired_path

NEEDS_A_KEY = message(
    "The keys come from POINTS_BANK_KEYS. Put a new one behind them there, as {number}:KEY with 64 hexadecimal digits, "
    "for every process of the bank, start these again, and then repeat this command."
)


class Rekeyed(msgspec.Struct, frozen=True):
    """The number of the key in use, how many values have it, and the keys that are retired by now."""

    number: int
    values: int
    retired: list[int]


async def change_key(database: Database, *, told: Told = lambda *_: None) -> Rekeyed:
    """Encrypt everything with a new key, or go on with what was ended half way. Raises `NotKept`."""
    path = database.settings.key_path
    with alone_with_keys(path):
        number, is_made = _next_key(database, await database.read(key_lines))
        try:
            await database.write(put_key_in_use, number)
        except LacksKey:
            # Another machine was first: its key has the number that this one was made for.
            if is_made:
                _take_back(path, number)
            raise
        await encrypt_with(database, number, told=told)
        if database.settings.key_text is None:
            _put_away(path, number)
        return _rekeyed(await database.read(key_lines), number)


async def encrypt_with(database: Database, number: int, *, told: Told) -> None:
    """Encrypt everything with the key that was put in use, so that no older one is needed."""
    lines = await database.read(key_lines)
    while any(line.values for line in lines if line.replaced_at is not None):
        await _encrypt_all(database, sum(line.values for line in lines), told)
        lines = await database.read(key_lines)
    await database.write(retire_replaced, newest=number)


def _next_key(database: Database, lines: list[KeyLine]) -> tuple[int, bool]:
    """The key to change to: the one in use where a change was not finished, one that waits, or else one that is made
    now; and whether it was."""
    in_use = max(line.number for line in lines if line.replaced_at is None)
    if any(line.replaced_at is not None and line.retired_at is None for line in lines):
        return in_use, False
    settings = database.settings
    text = read_key_text(settings.key_text or settings.key_path.read_text(encoding="ascii"))
    newest = newest_key(text)
    if newest > in_use:
        return newest, False
    number = in_use + 1
    if settings.key_text is not None:
        raise NotKept(NEEDS_A_KEY, number=number)
    more = dict(text.encrypting) | {number: secrets.token_bytes(32)}
    replace_secret(settings.key_path, str(KeyText(text.secret, more)))
    return number, True


def _take_back(path: Path, number: int) -> None:
    """Have the file without a key that nothing was ever encrypted with."""
    text = read_key_text(path.read_text(encoding="ascii"))
    replace_secret(
        path, str(KeyText(text.secret, {each: key for each, key in text.encrypting.items() if each != number}))
    )


async def _encrypt_all(database: Database, values: int, told: Told) -> None:
    place: Place | None = Place()
    done = 0
    while place is not None:
        place, some = await database.write_patiently(encrypt_anew, place)
        done += some
        told("keys", min(done, values), values)


def _put_away(path: Path, number: int) -> None:
    """Keep keys that nothing needs any more beside the key file: backups that were made until now do need them."""
    text = read_key_text(path.read_text(encoding="ascii"))
    old = {each: key for each, key in text.encrypting.items() if each < number}
    if not old:
        return
    away = retired_path(path)
    known = keys_at(away)
    replace_secret(away, str(KeyText(text.secret, old if known is None else {**known.encrypting, **old})), like=path)
    kept = {each: key for each, key in text.encrypting.items() if each >= number}
    replace_secret(path, str(KeyText(text.secret, kept)))


def _rekeyed(lines: list[KeyLine], number: int) -> Rekeyed:
    values = sum(line.values for line in lines if line.number == number)
    return Rekeyed(number, values, [line.number for line in lines if line.retired_at is not None])
