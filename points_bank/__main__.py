"""`python -m points_bank` is the command `points-bank`."""

import gc


def main() -> None:
    # Nearly all that loading makes stays; the collector would look through it again and again, a tenth of a start.
    gc.disable()
    from points_bank.cli import main as command

    gc.freeze()
    gc.enable()
    command()


if __name__ == "__main__":
    main()
