"""How often a password, a PIN or a number may be tried, so that nobody guesses one and nobody locks others out.

Wrong tries are counted in the database, so that all processes count together: by account and address for whoever
stands there, more of them by account alone against many who guess together, and by address against one who guesses at
many accounts. A browser in which somebody signed in to the account before is counted by itself, and so is, for a while,
an address: what others do elsewhere does not keep the owner out. A new password or PIN forgets all that are known, and
those of one account have a limit together, too, so that nobody gains by collecting them. Each further round of wrong
tries doubles the wait.
"""

import hmac
import math
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, ActorKind
from points_bank.columns import given, table_of
from points_bank.errors import TooManyTries
from points_bank.keys import Keys
from points_bank.staff.models import KnownAddress, SignInTry
from points_bank.transaction import Transaction

TRY, KNOWN = table_of(SignInTry), table_of(KnownAddress)

REMEMBERED = timedelta(days=1)
KNOWN_DAYS = 30
"""How long an address is known after somebody last signed in rightly from it."""
LONGEST_DOUBLINGS = 4
"""So that 15 minutes become four hours at most."""
ACCOUNT_TIMES, ADDRESS_TIMES = 4, 20
"""How many times as many wrong tries an account may see from everywhere, and an address make at any account."""
KNOWN_TIMES = 20
"""How many times as many an account may see in all its known browsers together, and from all its known addresses."""
GUESS_TIMES = 4
"""How many times as many numbers that nobody has (of cards, of reservations) somebody who signed in may try."""
MARK_LETTERS = 24

Subject = tuple[str, ...]
"""What wrong tries are counted by, in parts."""

_LATEST = (
    sa.select(TRY.c.tried_at)
    .where(*given(TRY, "subject_hash"), TRY.c.tried_at > sa.bindparam("since"))
    .order_by(TRY.c.tried_at.desc())
    .limit(sa.bindparam("tries", type_=sa.Integer))
)
_COUNT = sa.select(sa.func.count()).where(*given(TRY, "subject_hash"), TRY.c.tried_at > sa.bindparam("since"))
_REMEMBER = sa.insert(TRY)
_FORGET = sa.delete(TRY).where(TRY.c.tried_at <= sa.bindparam("since"))
_KNOWN_SINCE = sa.select(KNOWN.c.id).where(*given(KNOWN, "subject_hash"), KNOWN.c.signed_in_at > sa.bindparam("since"))
_KNOW_ON = (
    sa.update(KNOWN).where(KNOWN.c.subject_hash == sa.bindparam("whence")).values(signed_in_at=sa.bindparam("now"))
)
_KNOW = sa.insert(KNOWN)


class GuardedAccount(msgspec.Struct, frozen=True):
    """What somebody tries to get into (`staff:lin`, `card:1024...`), and the hash of its present secret if any."""

    name: str
    secret_hash: str | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where a try comes from. `browser` is the browser's own mark, and `marks` prove in which accounts it was."""

    address: str
    browser: str | None = None
    marks: tuple[str, ...] = ()


def mark_of(keys: Keys, browser: str, account: GuardedAccount) -> str:
    """What proves that somebody signed in to an account with a browser, since the account has the secret it has."""
    return _digest(keys, "known browser", account.name, account.secret_hash, browser).hex()[:MARK_LETTERS]


def check_tries(tx: Transaction, account: GuardedAccount, origin: Origin | None = None) -> None:
    """Refuse `too_many_tries` while an account or its origin has too many wrong ones.

    Call it before the secret is looked at, and again in the act that decides, with whoever it is about locked: several
    may try at once.
    """
    waits = [_wait_seconds(tx, subject, limit) for subject, limit in _subjects(tx, account, origin)]
    if (seconds := max(waits)) > 0:
        raise TooManyTries(retry_after_seconds=seconds)


def remember_try(tx: Transaction, account: GuardedAccount, origin: Origin | None = None) -> None:
    """Count a wrong try: `raise WrongCredentials(remember=partial(remember_try, account=...))`. A right one counts
    nothing and takes nothing back."""
    tx.run(_FORGET, since=tx.now - REMEMBERED)
    subjects = _subjects(tx, account, origin)
    tx.many(_REMEMBER, [{"subject_hash": _hash_of(tx, subject), "tried_at": tx.now} for subject, _ in subjects])


def remember_address(tx: Transaction, account: GuardedAccount, origin: Origin | None) -> None:
    """Somebody signed in rightly: for a while, or until the secret changes, only tries from this address count at it.

    Call it in the act that signs in, with whoever it is about locked.
    """
    if origin is None:
        return
    whence = _whence_hash(tx, account, origin.address)
    if not tx.run(_KNOW_ON, whence=whence, now=tx.now):
        tx.run(_KNOW, subject_hash=whence, signed_in_at=tx.now)


def check_guesses(tx: Transaction, noun: str, *, by: Actor) -> None:
    """Refuse `too_many_tries` while somebody has typed too many numbers that nobody has: of a `card`, of a `code`.

    Whether one is right is looked up after this, so that the refusal tells nothing.
    """
    if by.kind is not ActorKind.SYSTEM and (seconds := _wait_seconds(tx, _guesses(noun, by), _most_guesses(tx))) > 0:
        raise TooManyTries(retry_after_seconds=seconds)


def remember_guesses(tx: Transaction, noun: str, *, times: int = 1, by: Actor) -> None:
    """Count numbers that nobody has; of many at once no more than make one round."""
    tx.run(_FORGET, since=tx.now - REMEMBERED)
    row = {"subject_hash": _hash_of(tx, _guesses(noun, by)), "tried_at": tx.now}
    tx.many(_REMEMBER, [row] * min(times, _most_guesses(tx)))


def _guesses(noun: str, by: Actor) -> Subject:
    return (noun, "by", by.name)


def _most_guesses(tx: Transaction) -> int:
    return tx.settings.sign_in_tries * GUESS_TIMES


def _subjects(tx: Transaction, account: GuardedAccount, origin: Origin | None) -> list[tuple[Subject, int]]:
    """By what wrong tries are counted, and how many of each may be made within the window.

    What strangers do counts by nothing that keeps out known addresses, and what is done at those by nothing that keeps
    out known browsers.
    """
    tries, name = tx.settings.sign_in_tries, account.name
    if origin is None:
        return [((name,), tries)]
    if origin.browser is not None and _is_known(tx, account, origin.browser, origin.marks):
        return [((name, "in", origin.browser), tries), ((name, "in known browsers"), tries * KNOWN_TIMES)]
    here = [((name, "from", origin.address), tries), (("from", origin.address), tries * ADDRESS_TIMES)]
    since = tx.now - timedelta(days=KNOWN_DAYS)
    if tx.maybe(_KNOWN_SINCE, subject_hash=_whence_hash(tx, account, origin.address), since=since) is not None:
        return [*here, ((name, "from known addresses"), tries * KNOWN_TIMES)]
    return [*here, ((name,), tries * ACCOUNT_TIMES)]


def _is_known(tx: Transaction, account: GuardedAccount, browser: str, marks: tuple[str, ...]) -> bool:
    expected = mark_of(tx.keys, browser, account)
    return any(hmac.compare_digest(expected.encode(), mark.encode()) for mark in marks)


def _wait_seconds(tx: Transaction, subject: Subject, limit: int) -> int:
    """How long nothing may be tried; 0 where something may."""
    digest = _hash_of(tx, subject)
    wrong: int = tx.scalar(_COUNT, subject_hash=digest, since=tx.now - REMEMBERED)
    rounds = wrong // limit
    if rounds == 0:
        return 0
    doublings: int = min(rounds - 1, LONGEST_DOUBLINGS)
    window = timedelta(minutes=tx.settings.sign_in_window_minutes) * (1 << doublings)
    tries = tx.all(_LATEST, subject_hash=digest, since=tx.now - window, tries=limit)
    if len(tries) < limit:
        return 0
    until: datetime = tries[-1].tried_at + window
    return math.ceil((until - tx.now).total_seconds())


def _whence_hash(tx: Transaction, account: GuardedAccount, address: str) -> bytes:
    return _digest(tx.keys, "known address", account.name, account.secret_hash, address)


def _hash_of(tx: Transaction, subject: Subject) -> bytes:
    return _digest(tx.keys, "sign-in", *subject)


def _digest(keys: Keys, purpose: str, *parts: str | None) -> bytes:
    """The parts stay apart, whatever is in them: a login may look like the end of one and the start of the next."""
    return keys.digest(purpose, msgspec.json.encode(parts).decode())
