"""Whose goods went where: every movement of a desk's stock is laid to the sponsors whose goods it moved. Pure.

Goods of one reward look alike, so that a rule decides: the oldest goods leave the shelf first, and what comes back goes
back to where it came from.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec


class StockChange(msgspec.Struct, frozen=True):
    """A movement in order of booking, positive for what came. `source` is who gave what came, None for the bank's own.

    `undoes` names what it takes back: goods with the same `cause` before it; without any, it comes from `source`.
    """

    quantity: int
    source: int | None = None
    cause: Hashable | None = None
    undoes: Hashable | None = None


@dataclass(slots=True)
class _Layer:
    """Goods that came together."""

    source: int | None
    left: int


@dataclass(slots=True)
class _Shelf:
    layers: list[_Layer] = field(default_factory=list)
    taken: dict[Hashable, list[tuple[_Layer, int]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, quantity: int, cause: Hashable | None) -> Iterator[tuple[int | None, int]]:
        """From the oldest goods first."""
        for layer in self.layers:
            part = min(quantity, layer.left)
            layer.left -= part
            quantity -= part
            if part:
                if cause is not None:
                    self.taken[cause].append((layer, part))
                yield layer.source, -part
        assert quantity == 0, "no more leaves a shelf than was on it"

    def put_back(self, quantity: int, cause: Hashable) -> Iterator[tuple[int | None, int]]:
        """Where they came from, what was taken last in front."""
        parts = self.taken[cause]
        while quantity and parts:
            layer, had = parts.pop()
            part = min(quantity, had)
            if had > part:
                parts.append((layer, had - part))
            layer.left += part
            quantity -= part
            yield layer.source, part
        if quantity:
            yield from self.add(quantity, None)

    def add(self, quantity: int, source: int | None) -> Iterator[tuple[int | None, int]]:
        self.layers.append(_Layer(source, quantity))
        yield source, quantity


def attributed(changes: Iterable[StockChange]) -> Iterator[list[tuple[int | None, int]]]:
    """For each movement of one reward at one desk, from the first: which sources' goods, and how many, signed."""
    shelf = _Shelf()
    for change in changes:
        if change.quantity < 0:
            yield list(shelf.take(-change.quantity, change.cause))
        elif change.undoes is not None:
            yield list(shelf.put_back(change.quantity, change.undoes))
        elif change.quantity:
            yield list(shelf.add(change.quantity, change.source))
        else:
            yield []
