"""What the desk's forms send, and what its pages get."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

import msgspec

from points_bank.errors import Invalid, PointsBankError, message
from points_bank.redemptions.counter import AtCounter, GoodAtCounter
from points_bank.redemptions.desk import Outlook
from points_bank.redemptions.looking import Found
from points_bank.redemptions.payers import AskedPayer, Sharing
from points_bank.redemptions.register import LineKind, RegisterLine
from points_bank.redemptions.reserved import Reserved
from points_bank.redemptions.slips import Slip
from points_bank.rewards.desks import DeskLine
from points_bank.rewards.stock import REASON_NEEDED, Goods
from points_bank.site.forms import Form
from points_bank.site.rendering import Page
from points_bank.web import Id, Reason

NOTHING_CHOSEN = message("Choose something first.")
NOT_A_QUANTITY = message("A whole number from 1 to 999.")

QUANTITY, DAMAGED = "quantity-", "damaged-"
"""With the id of a reward behind it, the name of a field that says how many are asked for, or came back damaged."""


class SearchForm(msgspec.Struct):
    q: str = ""


class OrderForm(msgspec.Struct):
    """`add` and `remove` change the basket by one of a reward. `payer` are others of the household who pay with the
    member, `guardian` the minors among them whose guardian agrees to this order."""

    add: Id | None = None
    remove: Id | None = None
    payer: list[Id] = []
    guardian: list[Id] = []
    proxy_id: Id | None = None

    def sharing(self, member_id: int) -> Sharing | None:
        """Who pays: the member first, then the others in the order of the form; None where nobody else does."""
        if not self.payer and not self.guardian:
            return None
        adults = [AskedPayer(each) for each in self.payer]
        minors = [AskedPayer(each, guardian_agreed=True) for each in self.guardian]
        return Sharing([AskedPayer(member_id), *adults, *minors])


class WaitingForm(msgspec.Struct):
    reward_id: Id


class WaitingEndForm(msgspec.Struct):
    waiting_id: Id


class CollectionForm(msgspec.Struct):
    """`proxy_id` says which person, authorised by the member on paper, collects it."""

    code: str = ""
    proxy_id: Id | None = None


class UndoingForm(msgspec.Struct):
    """`other` is a reason in the clerk's own words."""

    reason: Reason | None = None
    other: Reason | None = None


class AskedGood(msgspec.Struct, frozen=True):
    """What was typed as the quantity of a reward, and the number that it is; 0 where it is none."""

    reward_id: int
    quantity: int
    typed: str


class Asked(msgspec.Struct, frozen=True):
    """An order as a form holds it, good or not."""

    goods: Sequence[AskedGood] = ()
    order: OrderForm = msgspec.field(default_factory=OrderForm)
    problems: Mapping[str, str] = msgspec.field(default_factory=dict)

    def terms(self, member_id: int) -> dict[str, Any]:
        """What acts are asked for. Refuses `invalid` quantities that are none, and an empty basket."""
        if self.problems:
            raise Invalid(self.problems)
        items = [Goods(each.reward_id, each.quantity) for each in self.goods]
        if not items:
            raise Invalid({"add": NOTHING_CHOSEN})
        return {"member_id": member_id, "items": items, "sharing": self.order.sharing(member_id)}


class BasketLine(msgspec.Struct, frozen=True):
    good: GoodAtCounter
    asked: AskedGood

    @property
    def points(self) -> int:
        return self.good.cost_points * self.asked.quantity


class Basket(msgspec.Struct, frozen=True):
    """What somebody asks for, and what the bank says to that before it is done: an outlook, or a refusal."""

    lines: Sequence[BasketLine] = ()
    order: OrderForm = msgspec.field(default_factory=OrderForm)
    outlook: Outlook | None = None
    refusal: PointsBankError | None = None

    @property
    def points(self) -> int:
        return sum(line.points for line in self.lines)

    @property
    def quantities(self) -> dict[int, int]:
        return {line.good.id: line.asked.quantity for line in self.lines}

    def points_of(self, member_id: int) -> int:
        """What one person would pay; everything, as long as nothing is said of others."""
        if self.outlook is None:
            return self.points
        return sum(share.points for share in self.outlook.payers if share.member_id == member_id)


class DesksPage(Page, frozen=True, kw_only=True):
    """The desks of which one is chosen, to stay with this browser: their names, and where to begin there."""

    template: ClassVar[str] = "desk/desks.html"
    ways: Sequence[tuple[str, str]]


class FrontPage(Page, frozen=True, kw_only=True):
    """A desk that waits for the next person. `found` is what was looked for, where it was not exactly one person."""

    template: ClassVar[str] = "desk/front.html"
    desk: DeskLine
    last: Sequence[RegisterLine]
    served: int
    found: Found | None = None


class PersonPage(Page, frozen=True, kw_only=True):
    """The person who stands there, the goods, and the basket."""

    template: ClassVar[str] = "desk/person.html"
    desk: DeskLine
    person: AtCounter
    under_notice_points: int
    basket: Basket


class BasketPart(Page, frozen=True, kw_only=True):
    """Only the basket of a `PersonPage`, to be put into it."""

    template: ClassVar[str] = "desk/basket.html"
    desk: DeskLine
    person: AtCounter
    basket: Basket


class SlipPage(Page, frozen=True, kw_only=True):
    """What was done, to be read out and printed. `code` collects it: shown once, when it has just been reserved."""

    template: ClassVar[str] = "desk/slip.html"
    desk: DeskLine
    slip: Slip
    code: str | None = None


class CancellationPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "desk/cancellation.html"
    desk: DeskLine
    slip: Slip


class ReservationsPage(Page, frozen=True, kw_only=True):
    template: ClassVar[str] = "desk/reservations.html"
    desk: DeskLine
    reserved: Sequence[Reserved]


class RegisterPage(Page, frozen=True, kw_only=True):
    """A day's register, with `lines` in order; `before_on` and `after_on` are the days around it."""

    template: ClassVar[str] = "desk/register.html"
    desk: DeskLine
    on: date
    before_on: date
    after_on: date | None
    lines: Sequence[RegisterLine]

    @property
    def handed_over_points(self) -> int:
        """What was taken on the day, less what was given back on it."""
        return sum(each.amount_points * (1 if each.kind is LineKind.EXCHANGE else -1) for each in self.lines)


def asked_of(form: Form) -> Asked:
    """The order in a form, where a pressed button adds or removes one piece."""
    order = form.read(OrderForm)
    typed = _typed(form, QUANTITY)
    for reward_id, change in ((order.add, 1), (order.remove, -1)):
        if reward_id is not None:
            typed[reward_id] = str(max(0, _number(typed.get(reward_id, "")) + change))
    goods = [AskedGood(reward_id, _number(text), text) for reward_id, text in typed.items() if text not in {"", "0"}]
    problems = {f"{QUANTITY}{each.reward_id}": NOT_A_QUANTITY for each in goods if not each.quantity}
    return Asked(goods, order, problems)


def undoing_of(form: Form) -> tuple[str, list[Goods]]:
    """Why something is undone, and what came back damaged. Refuses `invalid` no reason, and no quantity."""
    sent = form.read(UndoingForm)
    reason = sent.other or sent.reason
    typed = {reward_id: text for reward_id, text in _typed(form, DAMAGED).items() if text not in {"", "0"}}
    problems = {f"{DAMAGED}{reward_id}": NOT_A_QUANTITY for reward_id, text in typed.items() if not _number(text)}
    if reason is None:
        problems["reason"] = REASON_NEEDED
    if reason is None or problems:
        raise Invalid(problems)
    return reason, [Goods(reward_id, _number(text)) for reward_id, text in typed.items()]


def _typed(form: Form, prefix: str) -> dict[int, str]:
    """What was typed for each reward, in fields that are called by a prefix and its id."""
    return {
        int(name.removeprefix(prefix)): form.value(name)
        for name in form.values
        if re.fullmatch(rf"{prefix}\d{{1,18}}", name, re.ASCII)
    }


def _number(text: str) -> int:
    """A quantity as typed; 0 for what is none."""
    return int(text) if re.fullmatch(r"\d{1,3}", text, re.ASCII) else 0
