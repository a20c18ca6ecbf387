"""Numbers of certificates: nobody guesses one, and a mistyped one is noticed before it is looked up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points_bank.certificates.numbers import derive_number, read_number
from points_bank.errors import Invalid
from points_bank.keys import LETTERS, Keys

KEYS = Keys(b"0" * 32)
numbers = st.builds(
    lambda member_id, serial, year: derive_number(KEYS, member_id=member_id, serial=serial, year=year),
    st.integers(1, 2**40),
    st.integers(0, 50),
    st.integers(2026, 2100),
)


def test_a_number_says_nothing_of_whom_it_is_about() -> None:
    first = [derive_number(KEYS, member_id=member_id, serial=0, year=2026) for member_id in range(1, 2_000)]
    assert len(set(first)) == len(first)
    assert all(each.startswith("2026-") and len(each) == 18 for each in first)
    other = Keys(b"1" * 32)
    assert derive_number(other, member_id=1, serial=0, year=2026) != first[0]


@given(numbers)
def test_however_it_is_typed_it_is_read(number: str) -> None:
    for typed in (
        number.lower(),
        number.replace("-", ""),
        number.replace("-", " "),
        number.replace("0", "O").replace("1", "l"),
        number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}),
    ):
        assert read_number(typed) == number


@given(numbers, st.integers(0, 14), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_noticed(number: str, place: int, letter: str) -> None:
    plain = number.replace("-", "")
    wrong = plain[:place] + letter + plain[place + 1 :]
    if wrong == plain:
        return
    with pytest.raises(Invalid):
        read_number(wrong)


@pytest.mark.parametrize("typed", ["", "2026", "2026-7KQ49-3HMXD", "x" * 40, "2026-7KQ49-3HMX!-C", "二〇二六"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        read_number(typed)
