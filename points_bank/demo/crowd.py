"""The people of a large demo, drawn and written down many at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, count
from random import Random
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.columns import table_of
from points_bank.demo.large_district import LargeDistrict
from points_bank.demo.plan import Words
from points_bank.demo.sizes import LargeSizes
from points_bank.encryption import Cipher, cipher_in_use
from points_bank.keys import Keys
from points_bank.ledger.bulk import open_accounts
from points_bank.members.card_numbers import derive_card_no
from points_bank.members.models import Card, CardState, Consent, Home, Member, Purpose
from points_bank.members.names import initials_of
from points_bank.members.phones import phone_columns
from points_bank.members.register import ALWAYS
from points_bank.transaction import Transaction

MEMBER, HOME, CARD, CONSENT = table_of(Member), table_of(Home), table_of(Card), table_of(Consent)
IDS = sa.select(MEMBER.c.id)

CORE_SHARE, CORE_GIVES, IDLE_SHARE, SPENDER_SHARE = 0.05, 0.40, 0.35, 0.40
"""One in twenty gives two fifths of all time, a third has not served yet; three in five never redeem."""
CHILDREN, OLD, GROWN_UP = (10, 16), (61, 85), (18, 59)
PHONES_FROM = 16600000000
DAY = timedelta(days=1)


@dataclass(slots=True)
class Neighbour:
    """A member as the year is drawn: where they live, how often they come, what they have."""

    id: int
    home_id: int
    weight: float
    is_child: bool
    is_spender: bool = False
    balance: int = 0


class Neighbours(msgspec.Struct, frozen=True):
    """Those of one community who serve at all, for drawing by weight."""

    people: Sequence[Neighbour]
    reached: Sequence[float]

    def draw(self, rng: Random, number: int) -> Iterator[Neighbour]:
        """So many, the eager ones more often; the same person may come twice."""
        yield from rng.choices(self.people, cum_weights=self.reached, k=number)


def settle_down(rng: Random, sizes: LargeSizes, large: LargeDistrict) -> list[list[Neighbour]]:
    """Everybody, by community."""
    crowd: list[list[Neighbour]] = []
    ids = count(1)
    for number, community in enumerate(large.communities):
        size = (number + 1) * sizes.members // sizes.communities - number * sizes.members // sizes.communities
        people = [
            Neighbour(
                id=next(ids),
                home_id=community.homes[place * len(community.homes) // size],
                weight=0.0 if rng.random() < IDLE_SHARE else rng.expovariate(1),
                is_child=rng.random() < 0.05,
            )
            for place in range(size)
        ]
        core = rng.sample([each for each in people if not each.is_child], max(1, round(size * CORE_SHARE)))
        others = sum(each.weight for each in people) - sum(each.weight for each in core)
        for each in core:
            each.weight = others * CORE_GIVES / (1 - CORE_GIVES) / len(core)
        by_weight = sorted((each for each in people if not each.is_child), key=lambda each: -each.weight)
        for each in by_weight[: round(size * SPENDER_SHARE)]:
            each.is_spender = each.weight > 0
        crowd.append(people)
    return crowd


def who_serves(people: Sequence[Neighbour], *, grown_up: bool = False) -> Neighbours:
    chosen = [each for each in people if each.weight > 0 and not (grown_up and each.is_child)]
    return Neighbours(chosen, list(accumulate(each.weight for each in chosen)))


def register_all(
    tx: Transaction, people: Sequence[Neighbour], rng: Random, words: Words, *, party_share: float, on: date
) -> None:
    """Write everybody down with a home, a card and consents."""
    cipher = cipher_in_use(tx)
    rows = [_person(cipher, each, rng, words, party_share=party_share, on=on, at=tx.now) for each in people]
    tx.many(sa.insert(MEMBER), rows)
    tx.many(sa.insert(HOME), [{"member_id": each.id, "from_on": ALWAYS, "branch_id": each.home_id} for each in people])
    numbers = CardNumbers(tx.keys)
    values = {"state": CardState.ACTIVE, "issued_at": tx.now, "ended_at": None}
    tx.many(sa.insert(CARD), [values | {"card_no": numbers.next(each.id), "member_id": each.id} for each in people])
    tx.many(sa.insert(CONSENT), [
        {"member_id": each.id, "purpose": purpose, "given_at": tx.now}
        for each in people
        for purpose in (Purpose.RECORDS, Purpose.BOARDS)
        if purpose is Purpose.RECORDS or rng.random() < 0.6
    ])  # fmt: skip
    open_accounts(tx, IDS)


class CardNumbers:
    """Numbers for first cards, as `members/cards.py` gives them; only for a bank that has none yet."""

    def __init__(self, keys: Keys) -> None:
        self._keys, self._taken = keys, set[str]()

    def next(self, member_id: int) -> str:
        tries = (derive_card_no(self._keys, member_id=member_id, serial=0, attempt=attempt) for attempt in count())
        card_no = next(each for each in tries if each not in self._taken)
        self._taken.add(card_no)
        return card_no


def _person(
    cipher: Cipher, each: Neighbour, rng: Random, words: Words, *, party_share: float, on: date, at: datetime
) -> dict[str, Any]:
    given = rng.choice((words.given.women, words.given.men))
    name = rng.choice(words.surnames) + "".join(rng.sample(given, rng.choice((1, 2, 2))))
    ages = CHILDREN if each.is_child else OLD if rng.random() < 0.53 else GROWN_UP
    phone = None if each.is_child or rng.random() < 0.25 else str(PHONES_FROM + each.id * 37 + 1001)
    has_guardian = each.is_child and each.id % 2 == 0
    return {
        "id": each.id,
        "name": name,
        "name_initials": initials_of(name),
        "branch_id": each.home_id,
        **phone_columns(cipher, each.id, phone),
        "born_on": on - (rng.randint(*ages) * 365 + rng.randint(30, 350)) * DAY,
        "is_party_member": not each.is_child and rng.random() < party_share,
        "guardian_name": rng.choice(words.surnames) + "建国" if has_guardian else None,
        "guardian_consented_on": on if has_guardian else None,
        "pin_serial": 0,
        "registered_at": at,
    }
