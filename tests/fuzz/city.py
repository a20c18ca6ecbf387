"""A bank in which there is something of everything, served to a fuzzer, and what it has to say afterwards."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any, Self

import sqlalchemy as sa
from litestar import Litestar

from points_bank.actor import SYSTEM, Role
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.rules.rule_set import reference_content
from points_bank.settings import Settings
from points_bank.staff.sessions import open_session
from points_bank.staff.tokens import hash_of, issue_member_token, issue_staff_token, new_token
from points_bank.tables import metadata
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import FAR, at
from tests.serving import serving

END = at("2026-11-16 09:00")
"""The day up to which the demo was lived: a desk day, on which nothing falls due for hours."""
MEMBER, NOBODY = "member", "nobody"
ASKERS = [*Role, MEMBER, NOBODY]
MOST_IDS = 12
TABLES = {
    "activity": "activity", "board": "leaderboard", "branch": "branch", "desk": "desk", "grant": "help_pool_grant",
    "household": "household", "import": "import_file", "into_member": "member", "member": "member",
    "message": "message", "movement": "stock_movement", "order": "extension_order", "parent": "branch",
    "participation": "participation", "proxy": "proxy", "redemption": "redemption", "review": "review",
    "reward": "reward", "right": "staff_right", "rule_set": "rule_set", "sponsor": "sponsor", "staff": "staff",
    "suspension": "suspension", "to_staff": "staff", "transfer": "transfer", "waiting": "waiting",
}  # fmt: skip
"""By what stands before `_id` in a path or a body: the table that has such ids."""
WORDS = {"card_no": ("card", "card_no"), "number": ("certificate", "number"), "period": ("edition", "period")}
"""By name of a field: the table and column that have such words."""
SENSIBLE: dict[str, list[Any]] = {
    "started_at": ["2026-11-14T08:00:00+08:00", "2026-11-15T08:30:00+08:00"],
    "ended_at": ["2026-11-14T09:00:00+08:00", "2026-11-15T12:30:00+08:00"],
    "on": ["2026-11-16", "2026-12-01"], "from_on": ["2026-11-16", "2026-01-01"], "until_on": ["2026-12-31"],
    "valid_from_on": ["2027-01-01"], "authorised_on": ["2026-11-10"], "followed_up_on": ["2026-11-15"],
    "consented_on": ["2026-11-10"], "born_on": ["1958-03-01", "2012-05-05"], "lapses_on": ["2026-12-31", "2027-12-31"],
    "new_lapses_on": ["2027-06-30", "2028-06-30"], "month": ["2026-10", "2026-09.csv", "2026-11.xlsx"],
    "when": ["2026-11.csv", "2026-10-15.xlsx"], "file": ["report", "report.csv", "report.xlsx"],
    "phone": ["13800138000", "0774-3820000"], "to": ["help_pool"], "content": [reference_content()],
    "points": [10, 20, 50], "cost_points": [10, 50], "limit_points": [100], "quantity": [1, 2], "minutes": [30, 60],
    "participations": [[{"member_id": 1}], [{"member_id": 1, "is_lead": True}, {"member_id": 1, "minutes": 30}]],
    "items": [[{"reward_id": 1, "quantity": 1}], [{"reward_id": 1, "quantity": 1}, {"reward_id": 1, "quantity": 2}]],
    "consents": [[], ["records", "boards"]], "password": ["long enough for all"],
    "size": [1, 2], "top": [10], "publish_day": [5], "publish_time": ["09:00"], "objection_working_days": [3],
}  # fmt: skip
"""By name of a field: words that make sense on the day on which the bank is asked."""


class Served:
    """A bank served over HTTP from a thread of its own, so that whoever waits for an answer may ask it."""

    def __init__(self, application: Litestar, settings: Settings) -> None:
        self._application, self._database = application, Database(settings, Clock(END))
        self._address: Future[str] = Future()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="served")

    def __enter__(self) -> Self:
        self._thread.start()
        self.address = self._address.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with serving(self._application, self._database) as address:
                self._address.set_result(address)
                await self._end.wait()
        except Exception as error:
            if self._address.done():
                raise
            self._address.set_exception(error)

    def write(self, act: Callable[..., Any], **values: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(self._database.write(act, **values), self._loop).result()

    def read(self, act: Callable[..., Any], **values: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(self._database.read(act, **values), self._loop).result()

    def differences(self) -> Sequence[str]:
        return asyncio.run_coroutine_threadsafe(differences(self._database), self._loop).result()

    def form_proof(self, token: str) -> str:
        """What a form of a page says, so that it is seen to be ours."""
        return self._database.keys.digest("form", token).hex()[:32]

    def token_of(self, asker: str, member_id: int) -> str | None:
        """A token of one of ASKERS; `member_id` is who asks where a member does."""
        if asker == NOBODY:
            return None
        return self.member_token(member_id) if asker == MEMBER else self.staff_token(Role(asker))

    def staff_token(self, role: Role) -> str:
        """A token of somebody who has this role and no other."""
        token, staff_id = new_token(), self.read(_somebody, role=role)
        self.write(issue_staff_token, staff_id=staff_id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM)
        self.write(open_session, token_hash=hash_of(token), device="", instead_of=None)
        return token

    def member_token(self, member_id: int) -> str:
        token = new_token()
        self.write(issue_member_token, member_id=member_id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM)
        self.write(open_session, token_hash=hash_of(token), device="", instead_of=None)
        return token


def _somebody(tx: Transaction, *, role: Role) -> int:
    rights = metadata.tables["staff_right"]
    return int(tx.scalar(sa.select(sa.func.max(rights.c.staff_id)).where(rights.c.role == role)))


def what_there_is(tx: Transaction) -> Mapping[str, Sequence[Any]]:
    """By field: ids and words that the bank knows, so that a fuzzer is not told each time that it knows nothing."""
    found = {f"{noun}_id": _some(tx, table, "id") for noun, table in TABLES.items()}
    found |= {field: _some(tx, table, column) for field, (table, column) in WORDS.items()}
    return SENSIBLE | {field: values for field, values in found.items() if values}


def _some(tx: Transaction, table: str, column: str) -> list[Any]:
    shown = metadata.tables[table].c[column]
    return [row[0] for row in tx.all(sa.select(shown).distinct().order_by(shown.desc()).limit(MOST_IDS))]


def all_transfers(tx: Transaction) -> int:
    return int(tx.scalar(sa.select(sa.func.count()).select_from(metadata.tables["transfer"])))


def points_of_all(tx: Transaction) -> tuple[int, int]:
    """What all members have by their accounts, and by what was moved to and from them since the books were opened."""
    account, transfer = metadata.tables["account"], metadata.tables["transfer"]
    members = sa.select(account.c.id).where(account.c.kind == "member")
    total = sa.func.coalesce(sa.func.sum(transfer.c.amount_points), 0)
    came, went = (
        int(tx.scalar(sa.select(total).where(side.in_(members))))
        for side in (transfer.c.credit_account_id, transfer.c.debit_account_id)
    )
    stored = sa.select(sa.func.sum(account.c.balance_points)).where(account.c.kind == "member")
    return int(tx.scalar(stored)), came - went
