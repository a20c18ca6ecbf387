"""Say how long the server takes for each page of a demo bank: python -m scripts.measure_pages [--size longxu].

It asks for a page of each route that links lead to, as somebody of each role, one page after another on loopback. What
is told is the time from sending a request to the end of its answer, which includes this client's own share.
"""

import argparse
import asyncio
import statistics

import rich_click as click

from points_bank.actor import Role
from scripts.demo_bank import ServedDemo, served_demo
from scripts.visiting import Visitor, pattern_of

AIM_MS = 30.0
DESK = 1


async def measure(bank: ServedDemo, times: int) -> dict[tuple[str, str], float]:
    """Milliseconds at the median by route and by who looked."""
    measured = {}
    logins = {each.role: each.login for each in reversed(bank.demo.logins)}
    for who in ("nobody", "member", *logins):
        async with Visitor(bank.address) as visitor:
            if isinstance(who, Role):
                await visitor.sign_in(logins[who], bank.demo.password)
            elif who == "member":
                await visitor.sign_in_as_member(bank.demo.member)
            served = await visitor.serve(DESK, bank.demo.member.card_no) if who is Role.CLERK else []
            async for page in visitor.walk("/", *served):
                seconds = [(await visitor.go(page.path)).seconds for _ in range(times)]
                measured[pattern_of(page.path), who] = statistics.median(seconds) * 1e3
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="longxu", choices=["small", "longxu", "liwan"])
    parser.add_argument("--times", type=int, default=9, help="how often each page is asked for")
    asked = parser.parse_args()
    with served_demo(asked.size) as bank:
        measured = asyncio.run(measure(bank, asked.times))
    for (route, who), milliseconds in sorted(measured.items(), key=lambda each: -each[1]):
        click.echo(f"{milliseconds:8.1f} ms  {route:<45} {who}")
    slow = sum(milliseconds >= AIM_MS for milliseconds in measured.values())
    median = statistics.median(measured.values())
    click.echo(f"{len(measured)} pages, {median:.1f} ms at the median, {slow} of {AIM_MS:.0f} ms and more")


if __name__ == "__main__":
    main()
