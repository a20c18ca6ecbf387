"""Two estates, their staff, and members to try things on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, ActorKind, Role
from points_bank.audit import Audit
from points_bank.branches.tree import BranchLine
from points_bank.columns import table_of
from points_bank.members.register import Registered, register_member
from points_bank.transaction import Transaction
from tests.bank import Bank, Server

AUDIT = table_of(Audit)
_NOTES = sa.select(AUDIT.c.actor, AUDIT.c.act, AUDIT.c.subject, AUDIT.c.details).order_by(AUDIT.c.id.desc()).limit(1)


@dataclass
class Estates:
    """A bank with two estates side by side. `home` has a member of each role of staff; nobody is over `other`."""

    bank: Bank
    home: BranchLine
    other: BranchLine
    recorder: Actor
    clerk: Actor

    async def member(self, name: str = "张伟", *, branch: BranchLine | None = None, **details: Any) -> Registered:
        """A new member, of `home` by default."""
        branch_id = (branch or self.home).id
        return await self.bank.database.write(register_member, name=name, branch_id=branch_id, by=SYSTEM, **details)

    async def write(self, act: Callable[..., Any], *args: Any, **values: Any) -> Any:
        return await self.bank.database.write(act, *args, **values)

    async def read(self, act: Callable[..., Any], *args: Any, **values: Any) -> Any:
        return await self.bank.database.read(act, *args, **values)

    async def last_note(self) -> tuple[str, str, str, list[str]]:
        """Who did what on which subject, with which details: the newest line of the audit."""

        def newest(tx: Transaction) -> Any:
            return tuple(tx.one(_NOTES))

        note: tuple[str, str, str, list[str]] = await self.bank.database.read(newest)
        return note


def own(member_id: int) -> Actor:
    """A member acting for themselves."""
    return Actor(ActorKind.MEMBER, member_id, member_id)


async def estates_of(bank: Bank) -> Estates:
    home, other = await bank.branch("佛子小区"), await bank.branch("银宇小区")
    recorder = await bank.staff(Role.RECORDER, branch=home)
    return Estates(bank, home, other, recorder, await bank.staff(Role.CLERK, branch=home))


@pytest.fixture
async def estates(bank: Bank) -> Estates:
    return await estates_of(bank)


@pytest.fixture
async def served(server: Server) -> Estates:
    """The same over HTTP: `server` is asked, `served` looks behind it."""
    return await estates_of(server.bank)
