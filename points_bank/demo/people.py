"""Who the members are: invented people as on their paper forms, and what becomes known of them as they are kept."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

import msgspec
from msgspec.structs import replace

from points_bank.actor import Actor, ActorKind
from points_bank.database import Database
from points_bank.demo.district import Community, District
from points_bank.demo.plan import Sizes, Words
from points_bank.members.details import Guardian
from points_bank.members.models import Purpose
from points_bank.members.register import register_member

CHILDREN, GROWN_UP, OLD = (10, 16), (20, 59), (61, 82)
"""Ages in years, the last year included."""
OLDEST_TWIN = timedelta(days=58 * 365)

PHONES_FROM = 16600000000
SAMPLE_CONSENTS = {Purpose.BOARDS, Purpose.HOUSEHOLD}


class Person(msgspec.Struct, frozen=True):
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
    is_sample: bool = False
    is_twin: bool = False


@dataclass(slots=True)
class Resident:
    """A member as the demo follows them through the year. `spent_points` are those of each month (`2026-11`).

    `has_part` says that something of the year hangs on them, so that nothing else may happen to them by chance.
    """

    person: Person
    id: int
    card_no: str
    community: str
    is_here: bool = True
    is_suspended: bool = False
    has_part: bool = False
    housemates: Sequence["Resident"] = ()
    busy_on: set[date] = field(default_factory=set)
    spent_points: Counter[str] = field(default_factory=Counter)

    @property
    def may_exchange(self) -> bool:
        is_allowed = not self.person.is_child or self.person.guardian is not None
        return self.is_here and bool(self.card_no) and is_allowed and not self.is_suspended

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.MEMBER, self.id, self.id)


class _Draft(msgspec.Struct, frozen=True):
    """A place among the members, from which a person is drawn."""

    ages: tuple[int, int]
    is_core: bool = False
    is_party_member: bool = False
    is_sample: bool = False
    eagerness: float = 0


def draw_people(
    rng: Random, sizes: Sizes, words: Words, district: District, *, first_on: date, last_on: date
) -> list[Person]:
    """The district's people in the order of registering, over the year that ends with `last_on`."""
    names = _names(rng, words)
    communities = list(district.communities.values())
    people: list[Person] = []
    for number, draft in enumerate(_drafts(rng, sizes)):
        community = communities[number % len(communities)]
        is_first = draft.is_core or draft.is_sample or number % 4
        registers_on = first_on if is_first else first_on + timedelta(days=rng.randrange(240))
        is_child = draft.ages == CHILDREN
        # Every other child has a guardian who agreed; the others earn, and cannot exchange yet.
        has_guardian = is_child and sum(each.is_child for each in people) % 2 == 0
        people.append(
            Person(
                name=next(names),
                community=community.branch.code,
                home_id=rng.choice(community.below).id,
                born_on=_birthday(rng, last_on, draft.ages),
                registers_on=registers_on,
                phone=_phone(rng, number, draft),
                guardian=Guardian(next(names), registers_on) if has_guardian else None,
                consents=_consents(rng) | (SAMPLE_CONSENTS if draft.is_sample else set()),
                is_party_member=draft.is_party_member,
                is_child=is_child,
                is_core=draft.is_core,
                is_spender=not draft.is_sample and (draft.is_core or rng.random() < 0.5),
                eagerness=draft.eagerness,
                is_sample=draft.is_sample,
            )
        )
    people += _twins(people, sizes, communities, first_on)
    return sorted(people, key=lambda person: person.registers_on)


def twin_of(person: Person, people: Iterable[Resident]) -> Resident:
    """The other passbook of somebody who has two."""
    return next(each for each in people if each.person != person and is_same_person(each.person, person))


def is_same_person(one: Person, other: Person) -> bool:
    return (one.name, one.born_on) == (other.name, other.born_on)


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
    grown_up = sizes.members - sizes.core - 1 - sizes.under_18 - sizes.twins
    old = sizes.over_60 - sizes.core // 2 - 1
    party = sizes.party_members - (sizes.core - sizes.core // 2)
    active = grown_up - (sizes.idle - sizes.twins)
    ages = [OLD] * old + [GROWN_UP] * (grown_up - old)
    is_party_member = [True] * party + [False] * (grown_up - party)
    eagerness = [1 / (rank + 3) for rank in range(active)] + [0.0] * (grown_up - active)
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
    return [*core, _Draft(OLD, is_sample=True, eagerness=1), *drafts]


def _names(rng: Random, words: Words) -> Iterator[str]:
    """Names without end, none twice."""
    told = set()
    while True:
        given = rng.choice((words.given.women, words.given.men))
        name = rng.choice(words.surnames) + "".join(rng.sample(given, rng.choice((1, 2, 2))))
        if name not in told:
            told.add(name)
            yield name


def _phone(rng: Random, number: int, draft: _Draft) -> str | None:
    has_none = draft.ages == CHILDREN or rng.random() < 0.25
    return None if has_none and not draft.is_sample else str(PHONES_FROM + number * 37 + 1001)


def _twins(
    people: Sequence[Person], sizes: Sizes, communities: Sequence[Community], first_on: date
) -> Iterator[Person]:
    """A second form of somebody of each of the first communities, from another estate of it."""
    for community in communities[: sizes.twins]:
        original = next(
            each
            for each in people
            if each.community == community.branch.code
            and each.registers_on == first_on
            and each.phone
            and not (each.is_core or each.is_sample or each.is_party_member or each.is_child)
            and each.born_on > first_on - OLDEST_TWIN
        )
        home_id = next(each.id for each in community.estates if each.id != original.home_id)
        yield replace(
            original, home_id=home_id, consents=frozenset({Purpose.RECORDS}), is_spender=False, eagerness=0,
            is_twin=True,
        )  # fmt: skip


def _birthday(rng: Random, last_on: date, ages: tuple[int, int]) -> date:
    """A birthday with which someone is of that age on `last_on`."""
    years = rng.randint(*ages)
    return last_on - timedelta(days=years * 365 + years // 4 + rng.randint(2, 360))


def _consents(rng: Random) -> frozenset[Purpose]:
    """Record-keeping is agreed to by all; the rest by some."""
    chance = {Purpose.BOARDS: 0.75, Purpose.HOUSEHOLD: 0.25, Purpose.PHOTO: 0.4}
    return frozenset({Purpose.RECORDS, *(purpose for purpose, share in chance.items() if rng.random() < share)})
