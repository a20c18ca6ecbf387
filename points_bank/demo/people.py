"""Who the members are: invented people as on their paper forms, and what becomes known of them as they are kept."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from points_bank.actor import Actor, ActorKind
from points_bank.database import Database
from points_bank.demo.district import District
from points_bank.demo.plan import Sizes, Words
from points_bank.members.details import Guardian
from points_bank.members.models import Purpose
from points_bank.members.register import register_member

CHILDREN, GROWN_UP, OLD = (10, 16), (20, 59), (61, 82)
"""Ages in years, the last year included."""

PHONES_FROM = 16600000000


@dataclass(frozen=True, slots=True)
class Person:
    """A paper form. `eagerness` says how often someone serves, compared with others; 0 is never."""

    name: str
    community: str
    home_id: int
    born_on: date
    registers_on: date
    phone: str | None
    guardian: Guardian | None
    consents: frozenset[Purpose]
    is_party_member: bool
    is_child: bool
    is_core: bool
    is_spender: bool
    eagerness: float


@dataclass(slots=True)
class Resident:
    """A member as the demo follows them through the year. `spent_points` are those of each month (`2026-11`)."""

    person: Person
    id: int
    card_no: str
    community: str
    is_here: bool = True
    busy_on: set[date] = field(default_factory=set)
    spent_points: dict[str, int] = field(default_factory=dict)

    @property
    def may_exchange(self) -> bool:
        return self.is_here and (not self.person.is_child or self.person.guardian is not None)

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.MEMBER, self.id, self.id)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A place among the members, from which a person is drawn."""

    ages: tuple[int, int]
    is_core: bool = False
    is_party_member: bool = False
    eagerness: float = 0


def draw_people(
    rng: Random, sizes: Sizes, words: Words, district: District, *, first_on: date, last_on: date
) -> list[Person]:
    """The district's people in the order of registering, over the year that ends with `last_on`."""
    names = _names(rng, words)
    communities = list(district.communities.values())
    people = []
    for number, draft in enumerate(_drafts(rng, sizes)):
        community = communities[number % len(communities)]
        registers_on = first_on if draft.is_core or number % 4 else first_on + timedelta(days=rng.randrange(240))
        is_child = draft.ages == CHILDREN
        # Every other child has a guardian who agreed; the others earn, and cannot exchange yet.
        has_guardian = is_child and (number // 2) % 2 == 0
        people.append(
            Person(
                name=next(names),
                community=community.branch.code,
                home_id=rng.choice(community.below).id,
                born_on=_birthday(rng, last_on, draft.ages),
                registers_on=registers_on,
                phone=None if is_child or rng.random() < 0.25 else str(PHONES_FROM + number * 37 + 1001),
                guardian=Guardian(next(names), registers_on) if has_guardian else None,
                consents=_consents(rng),
                is_party_member=draft.is_party_member,
                is_child=is_child,
                is_core=draft.is_core,
                is_spender=draft.is_core or rng.random() < 0.5,
                eagerness=draft.eagerness,
            )
        )
    return sorted(people, key=lambda person: person.registers_on)


async def register(database: Database, district: District, people: Sequence[Person]) -> list[Resident]:
    """Enter the forms, each at the community it came to."""
    registered = await asyncio.gather(*(
        database.write(
            register_member, name=person.name, branch_id=person.home_id, phone=person.phone, born_on=person.born_on,
            is_party_member=person.is_party_member, guardian=person.guardian, consents=person.consents,
            by=district.communities[person.community].recorder,
        )
        for person in people
    ))  # fmt: skip
    return [
        Resident(person, member.id, member.card_no, person.community)
        for person, member in zip(people, registered, strict=True)
    ]


def _drafts(rng: Random, sizes: Sizes) -> list[_Draft]:
    """The places to fill, mixed. A few give most of the time, many a little, and some have not begun."""
    grown_up = sizes.members - sizes.core - sizes.under_18
    old = sizes.over_60 - sizes.core // 2
    party = sizes.party_members - (sizes.core - sizes.core // 2)
    active = grown_up - sizes.idle
    ages = [OLD] * old + [GROWN_UP] * (grown_up - old)
    is_party_member = [True] * party + [False] * (grown_up - party)
    eagerness = [1 / (rank + 3) for rank in range(active)] + [0.0] * sizes.idle
    for mixed in (ages, is_party_member, eagerness):
        rng.shuffle(mixed)
    drafts = [_Draft(CHILDREN, eagerness=1 / active) for _ in range(sizes.under_18)]
    drafts += [
        _Draft(age, is_party_member=party_member, eagerness=each)
        for age, party_member, each in zip(ages, is_party_member, eagerness, strict=True)
    ]
    rng.shuffle(drafts)
    half = sizes.core // 2
    core = [
        _Draft(
            OLD if number < half else GROWN_UP, is_core=True, is_party_member=number >= sizes.core - half, eagerness=1
        )
        for number in range(sizes.core)
    ]
    return core + drafts


def _names(rng: Random, words: Words) -> Iterator[str]:
    """Names without end, none twice."""
    told = set()
    while True:
        given = rng.choice((words.given.women, words.given.men))
        name = rng.choice(words.surnames) + "".join(rng.sample(given, rng.choice((1, 2, 2))))
        if name not in told:
            told.add(name)
            yield name


def _birthday(rng: Random, last_on: date, ages: tuple[int, int]) -> date:
    """A birthday with which someone is of that age on `last_on`."""
    years = rng.randint(*ages)
    return last_on - timedelta(days=years * 365 + years // 4 + rng.randint(2, 360))


def _consents(rng: Random) -> frozenset[Purpose]:
    """Record-keeping is agreed to by all; the rest by some."""
    chance = {Purpose.BOARDS: 0.6, Purpose.HOUSEHOLD: 0.25, Purpose.PHOTO: 0.4}
    return frozenset({Purpose.RECORDS, *(purpose for purpose, share in chance.items() if rng.random() < share)})
