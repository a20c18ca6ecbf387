"""A bank to measure: a file with members, points, goods and staff, and the processes that serve it."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.branches.calendar import load_year
from points_bank.database import Database
from points_bank.ledger.posting import Award, award
from points_bank.members.register import register_member
from points_bank.opening import open_bank
from points_bank.rewards.catalogue import add_reward
from points_bank.rewards.desks import add_desk
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import LARGEST_QUANTITY, move_stock
from points_bank.settings import Environment, Settings
from points_bank.staff.people import create_staff, grant_right
from points_bank.staff.tokens import hash_of, issue_staff_token, new_token, staff_actor
from points_bank.transaction import Transaction

COST_POINTS = 5
"""What the reward costs: little, so that the limit of a month leaves room for a hundred exchanges of each member."""

AT_A_TIME = 200
"""Members that are registered by one act; a bank has a multiple of it."""

START_WITHIN_SECONDS = 60.0
LAPSES_ON = date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Bank:
    """A filled file, and what is needed to ask something of it."""

    path: Path
    branch_id: int
    desk_id: int
    reward_id: int
    member_ids: Sequence[int]
    clerk: Actor
    recorder: Actor
    approver: Actor
    token: str
    """One that may do all that is measured over HTTP."""
    url: str = ""
    """Where it is on a server; `path` is then only where its key is."""

    @property
    def settings(self) -> Settings:
        return settings_of(self.path, self.url)

    def copied(self, name: str) -> "Bank":
        """A copy of the file, for something that writes it in its own way."""
        path = self.path.with_name(f"{name}.db")
        shutil.copy(self.path, path)
        shutil.copy(f"{self.path}.key", f"{path}.key")
        return Bank(path, *(getattr(self, each) for each in list(Bank.__dataclass_fields__)[1:]))


def settings_of(path: Path, url: str = "") -> Settings:
    key = path.with_name(f"{path.name}.key")
    return Settings(database_url=url or f"sqlite:///{path}", key_file=key, environment=Environment.TEST)


async def make_bank(path: Path, *, members: int, url: str = "") -> Bank:
    """A bank of one branch whose members each have 3,000 points that do not lapse soon; on a server with a `url`."""
    async with Database(settings_of(path, url)) as database:
        branch = await database.write(open_bank, code="LX", name="龙圩区", by=SYSTEM)
        for year in (datetime.now(UTC).year + 1, datetime.now(UTC).year + 2):
            await database.write(load_year, year, [], "benchmark", SYSTEM)
        member_ids: list[int] = []
        while len(member_ids) < members:
            member_ids += await database.write(_register_some, branch.id)
        return replace(await open_counter(database, path, branch.id, member_ids), url=url)


async def open_counter(database: Database, path: Path, branch_id: int, member_ids: Sequence[int]) -> Bank:
    """A desk in a branch with plenty of one reward, and who works there."""
    # Others may have been opened in this file by runs before.
    run = secrets.token_hex(4)
    desk = await database.write(add_desk, code=f"benchmark-{run}", name=f"兑换点 {run}", branch_id=branch_id, by=SYSTEM)
    reward = await database.write(
        add_reward, name=f"肥皂 {run}", cost_points=COST_POINTS, branch_id=branch_id, by=SYSTEM
    )
    for _ in range(10):
        await database.write(
            move_stock, reward.id, desk_id=desk.id, kind=StockMovementKind.RECEIVED, quantity=LARGEST_QUANTITY,
            by=SYSTEM,
        )  # fmt: skip
    staff = [
        await database.write(_hire, f"staff{number}-{run}", branch_id, roles) for number, roles in enumerate(STAFF)
    ]
    clerk, recorder, approver = [await database.read(staff_actor, each, None) for each in staff]
    token = new_token()
    await database.write(
        issue_staff_token, staff_id=clerk.id, token_hash=hash_of(token),
        expires_at=datetime.now(UTC) + timedelta(days=1), by=SYSTEM,
    )  # fmt: skip
    return Bank(path, branch_id, desk.id, reward.id, member_ids, clerk, recorder, approver, token)


STAFF = ((Role.CLERK, Role.RECORDER), (Role.RECORDER,), (Role.APPROVER,))


def _register_some(tx: Transaction, branch_id: int) -> list[int]:
    ids = [register_member(tx, name="张伟", branch_id=branch_id, by=SYSTEM).id for _ in range(AT_A_TIME)]
    awards = [
        Award(
            member_id=member_id, branch_id=branch_id, points=3_000, minutes=0, activities=0, occurred_on=tx.today,
            lapses_on=LAPSES_ON, reference=f"filled:{member_id}",
        )
        for member_id in ids
    ]  # fmt: skip
    award(tx, awards, grace_days=30)
    return ids


def _hire(tx: Transaction, login: str, branch_id: int, roles: Sequence[Role]) -> int:
    staff_id = create_staff(tx, login=login, name="王", password_hash="-", member_id=None, by=SYSTEM).id
    for role in roles:
        grant_right(tx, staff_id, role=role, branch_id=branch_id, by=SYSTEM)
    return staff_id


@dataclass(frozen=True, slots=True)
class Serving:
    """A process that serves on a port of loopback."""

    port: int
    process_id: int

    @property
    def processor_seconds(self) -> float:
        """How long the process has used a processor so far: what it costs, however many others use the machine."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def served(bank: Bank, *arguments: str) -> Iterator[Serving]:
    """A process that serves a bank's file on a free port of loopback, from when it is healthy.

    `arguments` are what Python runs with `--port` behind them; by default the bank's own command.
    """
    port = _free_port()
    command = [sys.executable, *(arguments or ("-m", "points_bank", "serve")), "--port", str(port)]
    environment = os.environ | {
        "POINTS_BANK_DATABASE_URL": f"sqlite:///{bank.path}",
        "POINTS_BANK_ENVIRONMENT": "test",
    }
    log = bank.path.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_healthy(port, process, log)
        yield Serving(port, process.pid)
    finally:
        process.terminate()
        process.wait(START_WITHIN_SECONDS)


def _wait_until_healthy(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends_at = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < ends_at:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2_000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
