"""The rounds: everything is measured once in each, one after another, so that a noisy moment spoils no ratio."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from scripts.benchmarks.acts import AWARDS, Acts
from scripts.benchmarks.bank import Bank, Serving, make_bank, served
from scripts.benchmarks.client import Client, Request
from scripts.benchmarks.limit import Limit
from scripts.benchmarks.peer import CALLERS, Hordak, NoPeer
from scripts.benchmarks.report import ACTIVITY, Report
from scripts.benchmarks.server import NoServer, Server, running_server
from scripts.benchmarks.sheets import SheetRequest

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: by so many clients, for so long, in so many rounds, of which none begins too late."""

    clients: tuple[int, ...]
    seconds: float
    rounds: int
    members: int
    until_seconds: float

    @property
    def rounds_on_server(self) -> int:
        """Few: the peer is slow to begin, and its figures do not spread far."""
        return min(self.rounds, 5)

    def with_given(self, *, rounds: int | None, seconds: float | None, members: int | None) -> "Plan":
        return replace(
            self,
            rounds=rounds or self.rounds,
            seconds=seconds or self.seconds,
            members=members or self.members,
        )


WARMING_UP = Plan(clients=(8,), seconds=0.2, rounds=1, members=0, until_seconds=0.0)
"""Before the first round: what is only done once in a process does not count."""


async def measure(bank: Bank, plan: Plan, report: Report) -> None:
    """Everything but the big file."""
    started = time.monotonic()
    await measure_on_server(bank, plan, report)
    with ExitStack() as stack:
        client = stack.enter_context(closing(Client()))
        requests = requests_of(bank)
        servers: Mapping[str, Serving] = {
            "floor": stack.enter_context(served(bank.copied("floor"), "-m", "scripts.benchmarks.floor")),
            "tutorial": stack.enter_context(served(bank.copied("tutorial"), "-m", "scripts.benchmarks.tutorial")),
            "bank": stack.enter_context(served(bank.copied("served"))),
        }
        limit = stack.enter_context(closing(Limit(bank.copied("limit"))))
        async with Acts(bank) as acts:

            async def measure_round(plan: Plan, report: Report) -> None:
                for name, (server, request) in requests.items():
                    await asyncio.to_thread(measure_request, client, servers[server], request, name, plan, report)
                await _measure_acts(acts, limit, plan, report)

            await measure_round(WARMING_UP, Report())
            for _ in range(plan.rounds):
                await measure_round(plan, report)
                if time.monotonic() - started > plan.until_seconds:
                    break


def requests_of(bank: Bank) -> Mapping[str, tuple[str, Request]]:
    """What is asked of which server. What is compared stands next to what it is compared with."""
    item = f'{{"reward_id": {bank.reward_id}, "quantity": 1}}'
    order = f'{{"member_id": {{m}}, "desk_id": {bank.desk_id}, "items": [{item}]}}'
    post = Request("POST", "/floor", bank.token, order, is_keyed=True, members=bank.member_ids)
    get = Request("GET", "/floor", bank.token)
    return {
        "floor_post_http": ("floor", post),
        "redemption_http": ("bank", replace(post, path=f"{API}/redemptions")),
        "tutorial_redemption_http": ("tutorial", replace(post, path="/redemptions")),
        "floor_get_http": ("floor", get),
        "passbook_http": ("bank", replace(get, path=f"{API}/members/{{m}}/passbook", members=bank.member_ids)),
        "activity_log_http": (
            "bank",
            SheetRequest(
                "POST", f"{API}/activities", bank.token, is_keyed=True, members=bank.member_ids,
                branch_id=bank.branch_id,
            ),
        ),
    }  # fmt: skip


def measure_request(client: Client, server: Serving, request: Request, name: str, plan: Plan, report: Report) -> None:
    for clients in plan.clients:
        before = server.processor_seconds
        load = client.measure(server.port, request, clients=clients, seconds=plan.seconds)
        report.add_load(f"{name}_{clients}", load, processor_seconds=server.processor_seconds - before)


async def _measure_acts(acts: Acts, limit: Limit, plan: Plan, report: Report) -> None:
    for clients in plan.clients:
        await measure_awards(acts, f"award_acts_{clients}", report, clients=clients, seconds=plan.seconds)
        raw, used = await asyncio.to_thread(limit.awards, batch=clients, seconds=plan.seconds)
        report.add(f"award_raw_{clients}", raw, processor_seconds=used)
    used = time.process_time()
    per_second = await acts.activities()
    report.add(ACTIVITY, per_second, processor_seconds=(time.process_time() - used) / AWARDS)


async def measure_awards(acts: Acts, name: str, report: Report, *, clients: int, seconds: float) -> None:
    """Awards without HTTP. What this process uses of a processor meanwhile is used by them, their callers included."""
    before = time.process_time()
    load = await acts.awards(clients=clients, seconds=seconds)
    report.add_load(name, load, processor_seconds=time.process_time() - before)


async def measure_on_server(bank: Bank, plan: Plan, report: Report) -> None:
    """Awards without HTTP on PostgreSQL, in turns with the peer's transfers on the same server."""
    try:
        with running_server() as server:
            server.make("bank")
            on_server = await make_bank(
                bank.path.with_name("server.db"), members=len(bank.member_ids), url=server.url("bank")
            )
            peer = await asyncio.to_thread(_peer_on, server, report)
            async with Acts(on_server) as acts:
                await measure_awards(acts, "warming up", Report(), clients=CALLERS, seconds=WARMING_UP.seconds)
                for _ in range(plan.rounds_on_server):
                    for clients in sorted({*plan.clients, CALLERS}):
                        name = f"award_acts_postgresql_{clients}"
                        await measure_awards(acts, name, report, clients=clients, seconds=plan.seconds)
                    if peer is not None:
                        report.add("hordak_moves_postgresql_16", await asyncio.to_thread(peer.moves, plan.seconds))
    except NoServer as reason:
        report.notes.append(f"PostgreSQL was not measured: {reason}")


def _peer_on(server: Server, report: Report) -> Hordak | None:
    try:
        return Hordak(server, "peer")
    except NoPeer as reason:
        report.notes.append(f"django-hordak was not measured: {reason}")
        return None
