"""Sessions: browsers that somebody signed in with. Each has a token; who owns it can look at them and end them.

The token is a new one at every sign-in, so that one planted before it opens nothing.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, ActorKind
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.staff.devices import device_words
from points_bank.staff.models import Preference as PreferenceTable
from points_bank.staff.models import Session, Token
from points_bank.staff.signing_in import Credentials, sign_in
from points_bank.staff.tokens import actor_of_token, end_token
from points_bank.statements import Row
from points_bank.transaction import Transaction

SESSION, TOKEN, PREFERENCE = table_of(Session), table_of(Token), table_of(PreferenceTable)

DEVICE_LETTERS = 80

_ADD = sa.insert(SESSION).from_select(
    ["token_id", "device"],
    sa.select(TOKEN.c.id, sa.bindparam("device", type_=sa.String)).where(*given(TOKEN, "token_hash")),
)
_OWN = (
    sa.select(SESSION.c.id, SESSION.c.device, TOKEN.c.token_hash, TOKEN.c.created_at, TOKEN.c.expires_at)
    .join_from(SESSION, TOKEN, TOKEN.c.id == SESSION.c.token_id)
    .where(TOKEN.c.revoked_at.is_(None), TOKEN.c.expires_at > sa.bindparam("now"))
    .order_by(SESSION.c.id.desc())
)
_OF_TOKEN = (
    sa.select(SESSION.c.id)
    .join_from(SESSION, TOKEN, TOKEN.c.id == SESSION.c.token_id)
    .where(*given(TOKEN, "token_hash"))
)
_OF_STAFF = _OWN.where(*given(TOKEN, "staff_id"))
_OF_MEMBER = _OWN.where(*given(TOKEN, "member_id"))
_PREFERENCE = sa.select(PREFERENCE.c.language, PREFERENCE.c.is_large).where(*given(PREFERENCE, "owner"))
_KEEP = sa.insert(PREFERENCE)
_CHANGE = (
    sa.update(PREFERENCE)
    .where(PREFERENCE.c.owner == sa.bindparam("whose"))
    .values(language=sa.bindparam("spoken"), is_large=sa.bindparam("large"))
)


class SessionLine(msgspec.Struct, frozen=True):
    """A session as its owner sees it."""

    id: int
    device: str
    created_at: datetime
    expires_at: datetime
    is_current: bool

    @property
    def words(self) -> str:
        return device_words(self.device)


class Preference(msgspec.Struct, frozen=True):
    """How somebody likes pages; without a language where they never chose."""

    language: str | None
    is_large: bool


def begin_staff_session(
    tx: Transaction,
    found: Credentials,
    *,
    is_password: bool,
    token_hash: bytes,
    device: str,
    instead_of: bytes | None,
) -> Preference:
    """`sign_in` with a browser, whose session before this one ends; how the member of staff likes pages."""
    sign_in(tx, found, is_password=is_password, token_hash=token_hash)
    open_session(tx, token_hash=token_hash, device=device, instead_of=instead_of)
    assert found.staff_id is not None, "signed in"
    return preference_of(tx, Actor(ActorKind.STAFF, found.staff_id))


def open_session(tx: Transaction, *, token_hash: bytes, device: str, instead_of: bytes | None) -> None:
    """Write down that a token belongs to a browser; the one that this browser had before ends."""
    if instead_of is not None:
        end_token(tx, instead_of)
    tx.run(_ADD, token_hash=token_hash, device=device[:DEVICE_LETTERS])


def actor_of_session(tx: Transaction, token_hash: bytes) -> Actor | None:
    """`actor_of_token` of a browser's token; None for one that nobody signed in with in a browser."""
    is_session = tx.maybe(_OF_TOKEN, token_hash=token_hash) is not None
    return actor_of_token(tx, token_hash) if is_session else None


def own_sessions(tx: Transaction, *, current: bytes | None, by: Actor) -> Sequence[SessionLine]:
    """The caller's sessions that are good now, the newest first."""
    return [
        SessionLine(row.id, row.device, row.created_at, row.expires_at, row.token_hash == current)
        for row in _rows(tx, by)
    ]


def end_session(tx: Transaction, session_id: int, *, by: Actor) -> None:
    """End one of the caller's own sessions now. Refuses `not_found` any other."""
    hashes = [row.token_hash for row in _rows(tx, by) if row.id == session_id]
    if not hashes:
        raise NotFound
    end_token(tx, hashes[0])
    audit.note(tx, by, by.name)


def keep_preference(tx: Transaction, *, language: str, is_large: bool, by: Actor) -> None:
    """Remember how the caller likes pages, for the next browser."""
    if not tx.run(_CHANGE, whose=by.name, spoken=language, large=is_large):
        tx.run(_KEEP, owner=by.name, language=language, is_large=is_large)


def preference_of(tx: Transaction, actor: Actor) -> Preference:
    row = tx.maybe(_PREFERENCE, owner=actor.name)
    return Preference(None, False) if row is None else Preference(row.language, row.is_large)


def _rows(tx: Transaction, by: Actor) -> Sequence[Row]:
    if by.kind is ActorKind.STAFF:
        return tx.all(_OF_STAFF, staff_id=by.id, now=tx.now)
    return tx.all(_OF_MEMBER, member_id=by.id, now=tx.now)
