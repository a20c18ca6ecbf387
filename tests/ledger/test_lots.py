"""Splitting over lots is pure arithmetic: nothing is lost, nothing is made, and the order stays."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from points_bank.ledger.lots import LotPoints, is_past, split_over_lots, total, without_first

FIRST_ON = date(2026, 12, 31)
LOTS = st.lists(st.integers(1, 60), max_size=6).map(
    lambda amounts: [LotPoints(number, FIRST_ON + timedelta(number), each) for number, each in enumerate(amounts)]
)


def test_examples() -> None:
    lots = [LotPoints(1, FIRST_ON, 120), LotPoints(2, FIRST_ON + timedelta(365), 200)]
    assert [(lot.lot_id, lot.points) for lot in split_over_lots(lots, 100)] == [(1, 100)]
    assert [(lot.lot_id, lot.points) for lot in split_over_lots(lots, 120)] == [(1, 120)]
    assert [(lot.lot_id, lot.points) for lot in split_over_lots(lots, 121)] == [(1, 120), (2, 1)]
    assert [(lot.lot_id, lot.points) for lot in without_first(lots, 121)] == [(2, 199)]
    assert split_over_lots(lots, 0) == []
    assert split_over_lots([], 5) == []
    assert is_past(lots[0], FIRST_ON + timedelta(1))
    assert not is_past(lots[0], FIRST_ON)


@given(LOTS, st.integers(0, 400))
def test_what_is_taken_and_what_is_left_are_the_whole(lots: list[LotPoints], points: int) -> None:
    taken, left = split_over_lots(lots, points), without_first(lots, points)
    assert total(taken) == min(points, total(lots))
    assert all(lot.points > 0 for lot in taken + left)
    parts = {lot.lot_id: 0 for lot in lots}
    for lot in taken + left:
        parts[lot.lot_id] += lot.points
    assert parts == {lot.lot_id: lot.points for lot in lots}


@given(LOTS, st.integers(0, 400))
def test_a_lot_is_touched_only_when_those_before_it_are_empty(lots: list[LotPoints], points: int) -> None:
    taken, left = split_over_lots(lots, points), without_first(lots, points)
    assert [lot.lot_id for lot in taken] == [lot.lot_id for lot in lots][: len(taken)]
    assert [lot.lot_id for lot in left] == [lot.lot_id for lot in lots][len(lots) - len(left) :]
    assert all(part.points == lot.points for part, lot in zip(taken[:-1], lots, strict=False))


@given(LOTS, st.integers(0, 200), st.integers(0, 200))
def test_taking_in_two_steps_is_taking_at_once(lots: list[LotPoints], first: int, then: int) -> None:
    assert without_first(without_first(lots, first), then) == without_first(lots, first + then)
