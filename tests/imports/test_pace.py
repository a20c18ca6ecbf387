"""How large the steps of an import are."""

from points_bank.imports.pace import LONGEST_SECONDS, MOST_PARTS, Pace


def steps(pace: Pace, count: int, *, seconds: float = 0.01, is_quiet: bool = True) -> list[int]:
    taken = []
    for _ in range(count):
        taken.append(pace.parts)
        pace.after(seconds=seconds, is_quiet=is_quiet)
    return taken


def test_steps_grow_while_nobody_else_writes() -> None:
    assert steps(Pace(MOST_PARTS), 8) == [1, 2, 4, 8, 16, MOST_PARTS, MOST_PARTS, MOST_PARTS]


def test_somebody_at_a_desk_makes_them_small_at_once() -> None:
    pace = Pace(MOST_PARTS)
    steps(pace, 6)
    assert steps(pace, 3, is_quiet=False)[1:] == [1, 1]


def test_a_step_that_takes_too_long_is_followed_by_a_shorter_one() -> None:
    pace = Pace(MOST_PARTS)
    steps(pace, 6)
    assert steps(pace, 3, seconds=2 * LONGEST_SECONDS) == [MOST_PARTS, MOST_PARTS // 2, MOST_PARTS // 4]
    pace = Pace(MOST_PARTS)
    assert steps(pace, 2, seconds=2 * LONGEST_SECONDS) == [1, 1]
