"""Make a big bank to measure with: python scripts/big_bank.py FILE [--members 1000000] [--transfers 10000000]."""

import argparse
import asyncio
import time
from pathlib import Path

import rich_click as click
from rich.progress import Progress

from points_bank.demo.big_bank import make_big_bank
from points_bank.settings import Environment, Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="must not be there yet")
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--transfers", type=int, default=10_000_000)
    parser.add_argument("--branches", type=int, default=500)
    args = parser.parse_args()
    if args.file.exists():
        parser.error(f"{args.file} is there already")
    settings = Settings(database_url=f"sqlite:///{args.file}", environment=Environment.TEST)
    started = time.monotonic()
    with Progress() as bar:
        task = bar.add_task("Months", total=None)
        made = asyncio.run(
            make_big_bank(
                settings, members=args.members, transfers=args.transfers, branches=args.branches,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )
        )  # fmt: skip
    gib = args.file.stat().st_size / 2**30
    click.echo(
        f"{args.file}: {made.members} members, {made.transfers} transfers, {made.branches} estates, {gib:.2f} GiB, "
        f"in {time.monotonic() - started:.0f} s; the last month is {made.last_month}"
    )


if __name__ == "__main__":
    main()
