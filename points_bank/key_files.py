"""A bank's key file as restoring and moving in find it or make it: no key is ever taken out of it, and none that was
put away comes back.

Whoever changes the file has it alone, and reads it again then: another process may be changing the keys.
"""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from points_bank.alone import alone_in
from points_bank.backup import NotKept
from points_bank.errors import message
from points_bank.keys import FIRST_KEY, KeyText, keys_at, replace_secret, write_secret

UNDER_WAY = message("Another process is changing the keys at {path}.")
OTHER_BANK = message("There is another key at {path}; nothing is overwritten.")
RETIRED = message(
    "The keys at {path} were changed, and what is to come here needs older ones ({numbers}): repeat the command, or "
    "give it a key file of its own (POINTS_BANK_KEY_FILE)."
)


def alone_with_keys(path: Path) -> AbstractContextManager[None]:
    """Nobody else changes the key file meanwhile. Raises `NotKept` where somebody is doing so."""
    return alone_in(path.parent, otherwise=NotKept(UNDER_WAY, path=path))


def newest_key(keys: KeyText) -> int:
    return max(keys.encrypting, default=FIRST_KEY)


def retired_keys(there: KeyText, needed: Collection[int]) -> list[int]:
    """Those of the needed keys that a file had and has no more: it goes on with newer ones."""
    return [number for number in needed if FIRST_KEY < number < newest_key(there) and number not in there.encrypting]


def lacking_keys(path: Path, keys: KeyText, *, needed: Collection[int]) -> Mapping[int, bytes]:
    """What would be added to the key file so that it has the needed ones of these keys.

    Raises `NotKept` for the file of another bank, and where a needed one was put away there.
    """
    there = _read(path, keys)
    if there is None:
        # Whoever makes the file keeps a key, too, that waits to be put in use.
        newest = max(needed)
        return {number: key for number, key in keys.encrypting.items() if number in needed or number > newest}
    if retired := retired_keys(there, needed):
        raise NotKept(RETIRED, path=path, numbers=", ".join(map(str, retired)))
    missing = [number for number in needed if number != FIRST_KEY and number not in there.encrypting]
    return {number: keys.encrypting[number] for number in missing}


def add_keys(path: Path, keys: KeyText, *, needed: Collection[int]) -> None:
    """Have the needed ones of these keys in the key file, which is made where it is missing; all that is there stays.

    Raises `NotKept` as `lacking_keys` does, and where the keys are just being changed.
    """
    if path.exists() and not lacking_keys(path, keys, needed=needed):
        return
    with alone_with_keys(path):
        lacking = lacking_keys(path, keys, needed=needed)
        there = _read(path, keys)
        if there is None:
            write_secret(path, str(KeyText(keys.secret, lacking)))
            # A bank that was opened meanwhile made a secret of its own, which stays.
            _read(path, keys)
        elif lacking:
            replace_secret(path, str(KeyText(there.secret, {**there.encrypting, **lacking})))


def _read(path: Path, keys: KeyText) -> KeyText | None:
    """What is in the file. Raises `NotKept` where that belongs to another bank."""
    there = keys_at(path)
    if there is None:
        return None
    is_other = any(keys.encrypting.get(number, key) != key for number, key in there.encrypting.items())
    if there.secret != keys.secret or is_other:
        raise NotKept(OTHER_BANK, path=path)
    return there
