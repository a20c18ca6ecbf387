"""`python -m points_bank` is the command `points-bank`."""

from points_bank.cli import main

main()
