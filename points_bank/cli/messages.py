"""`points-bank messages`: what waits to be sent to members, for a sender outside of the bank."""

from typing import Any

import rich_click as click

from points_bank.actor import SYSTEM
from points_bank.cli.terminal import as_json, in_bank, instant, print_json, say
from points_bank.errors import message
from points_bank.i18n import Language
from points_bank.messages.sending import PendingMessage, claim_messages, pending_messages, report_sent
from points_bank.outbox import sentence_of
from points_bank.settings import Settings


@click.group()
def messages() -> None:
    """What members are told, for a sender (text messages, letters) outside of the bank."""


@messages.command("pending")
@as_json
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1_000))
@click.option(
    "--claim-minutes",
    type=click.IntRange(1, 1_440),
    help="Keep what is shown from other senders for so long, and show phones. Claimed and not reported, it comes anew.",
)
@click.option("--language", default=Language.CHINESE.value, type=click.Choice([each.value for each in Language]))
def pending(is_json: bool, limit: int, claim_minutes: int | None, language: str) -> None:
    """Show what waits to be sent, oldest first."""
    settings = Settings()
    found = in_bank(
        lambda bank: (
            bank.write(claim_messages, limit=limit, minutes=claim_minutes, by=SYSTEM)
            if claim_minutes
            else bank.read(pending_messages, limit=limit, by=SYSTEM)
        ),
        settings=settings,
    )
    shown = [_shown(each, Language(language), settings) for each in found]
    if is_json:
        print_json(shown)
        return
    for each in shown:
        click.echo("{id}  member {member_id}  {told_at}  {text}".format(**each))
    say(message("Messages to be sent: {count}."), count=len(shown))


@messages.command("sent")
@click.argument("message_ids", nargs=-1, required=True, type=click.IntRange(1, 2**62))
@click.option("--channel", required=True, help="By what they were sent: sms, letter, ...")
def sent(message_ids: tuple[int, ...], channel: str) -> None:
    """Note that messages were sent. Noted again, nothing changes."""
    count = in_bank(lambda bank: bank.write(report_sent, message_ids, channel=channel, by=SYSTEM))
    say(message("Messages noted as sent: {count}."), count=count)


def _shown(each: PendingMessage, language: Language, settings: Settings) -> dict[str, Any]:
    return {
        "id": each.id,
        "member_id": each.member_id,
        "phone": each.phone,
        "kind": each.kind.value,
        "about": each.about,
        "text": sentence_of(each.kind, each.figures, language),
        "told_at": instant(each.told_at, settings),
    }
