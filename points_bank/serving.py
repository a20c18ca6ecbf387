"""The bank in a process of its own, from loading it to its first request."""

import gc

from litestar import Litestar

OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Python's default is 700, less than two requests make and leave."""


def create_served_app() -> Litestar:
    """The bank in a process of its own."""
    gc.disable()
    from points_bank.app import create_app

    app = create_app()
    collect_seldom()
    return app


def collect_seldom() -> None:
    """From now on, in a process that serves: what is there by now stays, and the collector need not look at it."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()
