"""`scripts/benchmark`: the bank's speed, against a bare handler, a plain loop, the usual tutorial and a peer."""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

import rich_click as click

from points_bank.serving import collect_seldom
from scripts.benchmarks.bank import make_bank
from scripts.benchmarks.big import measure_big
from scripts.benchmarks.measuring import Plan, measure
from scripts.benchmarks.report import Report

QUICK = Plan(clients=(64,), seconds=0.4, rounds=20, members=1_000, until_seconds=28.0)
FULL = Plan(clients=(1, 16, 64), seconds=1.0, rounds=7, members=5_000, until_seconds=1_800.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only 64 clients, in under 45 seconds")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line too")
    parser.add_argument("--rounds", type=int, help="how many rounds, whose median counts")
    parser.add_argument("--seconds", type=float, help="how long each measurement of a round takes")
    parser.add_argument("--members", type=int, help="how many members the bank has")
    parser.add_argument("--big", type=Path, metavar="FILE", help="compare with this file of scripts/big_bank.py")
    args = parser.parse_args()
    plan = (QUICK if args.quick else FULL).with_given(rounds=args.rounds, seconds=args.seconds, members=args.members)
    with tempfile.TemporaryDirectory(prefix="points-bank-") as folder:
        report = asyncio.run(_measured(Path(folder), plan, args.big))
    click.echo(report.table())
    if args.json:
        click.echo(json.dumps(report.figures()))


async def _measured(folder: Path, plan: Plan, big: Path | None) -> Report:
    report = Report()
    bank = await make_bank(folder / "bank.db", members=plan.members)
    collect_seldom()  # as where the bank serves: the acts without HTTP run in this process
    await (measure(bank, plan, report) if big is None else measure_big(big, bank, plan, report))
    return report


if __name__ == "__main__":
    main()
