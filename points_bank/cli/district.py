"""`points-bank calendar`: the district's working days."""

from pathlib import Path

import msgspec
import rich_click as click

from points_bank.actor import SYSTEM
from points_bank.branches.calendar_data import parse_calendar
from points_bank.cli.terminal import in_bank, say
from points_bank.errors import Invalid, message
from points_bank.jobs.timetable import load_calendar


@click.group()
def calendar() -> None:
    """The district's calendar of working days."""


@calendar.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """Load a year's holidays and make-up days from a TOML FILE, in place of what was known of that year.

    \b
    year = 2027
    working = [2027-01-09]
    [[holidays]]
    from_on = 2027-01-01
    until_on = 2027-01-03
    name = "元旦"
    """
    try:
        given = parse_calendar(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise Invalid({"content": message("This cannot be read as UTF-8.")}) from None
    loaded, moved = in_bank(lambda bank: bank.write(load_calendar, calendar=given, source=file.name[:80], by=SYSTEM))
    say(
        message("{year}: days off {holidays}, make-up days {working_days}; ends of running periods moved: {moved}."),
        **msgspec.to_builtins(loaded),
        moved=moved,
    )
