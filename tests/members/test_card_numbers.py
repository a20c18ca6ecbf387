"""Card numbers and their check digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points_bank.errors import Invalid
from points_bank.keys import Keys
from points_bank.members.card_numbers import derive_card_no, read_card_no

KEYS = Keys(b"k" * 32)
CARD_NUMBERS = st.builds(
    lambda member_id, serial: derive_card_no(KEYS, member_id=member_id, serial=serial, attempt=0),
    st.integers(1, 10**9),
    st.integers(0, 9),
)


@given(CARD_NUMBERS)
def test_a_number_is_read_as_it_was_made(card_no: str) -> None:
    assert len(card_no) == 10
    assert read_card_no(card_no) == card_no


@given(CARD_NUMBERS, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(card_no: str, place: int, more: int) -> None:
    wrong = str((int(card_no[place]) + more) % 10)
    with pytest.raises(Invalid):
        read_card_no(card_no[:place] + wrong + card_no[place + 1 :])


def test_another_member_serial_or_attempt_is_another_number() -> None:
    numbers = {
        derive_card_no(KEYS, member_id=member_id, serial=serial, attempt=attempt)
        for member_id in (1, 2, 11)
        for serial in (0, 1)
        for attempt in (0, 1)
    }
    assert len(numbers) == 12


def test_spaces_and_wide_digits_are_read() -> None:
    card_no = derive_card_no(KEYS, member_id=1, serial=0, attempt=0)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in card_no)
    assert read_card_no(f" {card_no[:4]} {card_no[4:]} ") == read_card_no(wide) == card_no


@pytest.mark.parametrize("text", ["", "1", "123456789", "12345678901", "abcdefghij", "१२३४५६७८९०", "0" * 1_000])
def test_what_has_not_ten_digits_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_card_no(text, field="q")
    assert list(refusal.value.fields) == ["q"]
