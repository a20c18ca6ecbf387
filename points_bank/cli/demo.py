"""`points-bank demo`: a district to look at."""

import asyncio

import msgspec
import rich_click as click
from msgspec.structs import asdict

from points_bank.cli.keeping import told_on_terminal
from points_bank.cli.terminal import as_json, instant, print_json, say
from points_bank.errors import message
from points_bank.settings import Settings


@click.command()
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same district.")
@click.option(
    "--size",
    default="small",
    show_default=True,
    type=click.Choice(["small", "longxu", "liwan"]),
    help="A community with 120 members, a district's year with 9,000, or a city district with 150,000.",
)
@as_json
def demo(seed: int, size: str, is_json: bool) -> None:
    """Fill an empty database with the demo district and print its accounts."""
    # Only here, so that no other command waits for what a demo alone needs.
    from points_bank.demo.filling import fill, last_full_hour
    from points_bank.demo.large_filling import fill_large
    from points_bank.demo.sizes import LARGE

    settings = Settings()
    if size in LARGE:
        with told_on_terminal() as told:
            made = asyncio.run(fill_large(settings, LARGE[size], seed=seed, until=last_full_hour(settings), told=told))
    else:
        made = asyncio.run(fill(settings, seed=seed))
    if is_json:
        print_json(msgspec.to_builtins(made))
        return
    say(message("{name}, lived through up to {until}:"), name=made.name, until=instant(made.until, settings))
    say(
        message(
            "{members} members, {activities} activities, {participations} participations, {settled_points} points "
            "settled, {redemptions} exchanges, {editions} boards published."
        ),
        **asdict(made.figures),
    )
    say(message("Sign in with the password {password} as"), password=made.password)
    for each in made.logins:
        click.echo(f"  {each.login:<12} {each.role.value:<14} {each.name}  {each.branch}")
    say(
        message("or, as the member {name}, with card {card_no} and PIN {pin}."),
        name=made.member.name,
        card_no=made.member.card_no,
        pin=made.member.pin,
    )
    say(message("Everybody knows these passwords: never keep real people's points in this bank."))
