"""Whose goods went where: the oldest leave first, what comes back goes where it came from, nothing is lost."""

from collections import Counter

import hypothesis.strategies as st
from hypothesis import given, settings

from points_bank.rewards.attribution import StockChange, attributed

OWN, ANNA, BO = None, 1, 2


def test_the_oldest_goods_leave_first() -> None:
    changes = [StockChange(3, ANNA), StockChange(2, BO), StockChange(-4), StockChange(-1)]
    assert list(attributed(changes)) == [[(ANNA, 3)], [(BO, 2)], [(ANNA, -3), (BO, -1)], [(BO, -1)]]


def test_what_comes_back_goes_where_it_came_from() -> None:
    changes = [
        StockChange(1, ANNA), StockChange(5, BO), StockChange(-3, cause="visit"), StockChange(-1, cause="other"),
        StockChange(2, undoes="visit"), StockChange(1, undoes="visit"), StockChange(-2),
    ]  # fmt: skip
    assert list(attributed(changes))[4:] == [[(BO, 2)], [(ANNA, 1)], [(ANNA, -1), (BO, -1)]]


def test_what_comes_back_without_having_gone_is_the_banks_own() -> None:
    assert list(attributed([StockChange(2, undoes="nothing"), StockChange(0)])) == [[(OWN, 2)], []]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_chance_loses_nothing(data: st.DataObject) -> None:
    """Each movement is laid out whole, and no source ever has less than nothing on the shelf."""
    changes: list[StockChange] = []
    shelf, taken = 0, dict[int, int]()
    for number in range(data.draw(st.integers(1, 25))):
        kind = data.draw(st.sampled_from(["come", "go", "back"]))
        if kind == "go" and shelf:
            quantity = data.draw(st.integers(1, shelf))
            changes.append(StockChange(-quantity, cause=number))
            taken[number], shelf = quantity, shelf - quantity
        elif kind == "back" and any(taken.values()):
            cause = data.draw(st.sampled_from([cause for cause, left in taken.items() if left]))
            quantity = data.draw(st.integers(1, taken[cause]))
            changes.append(StockChange(quantity, undoes=cause))
            taken[cause], shelf = taken[cause] - quantity, shelf + quantity
        else:
            quantity = data.draw(st.integers(1, 9))
            changes.append(StockChange(quantity, data.draw(st.sampled_from([OWN, ANNA, BO]))))
            shelf += quantity
    on_shelf: Counter[int | None] = Counter()
    for change, parts in zip(changes, attributed(changes), strict=True):
        assert sum(quantity for _, quantity in parts) == change.quantity
        for source, quantity in parts:
            on_shelf[source] += quantity
        assert min(on_shelf.values()) >= 0
    assert on_shelf.total() == shelf
