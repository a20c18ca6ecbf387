"""The bank in a process of its own, from loading it to its first request."""

import gc

from litestar import Litestar

OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Python's default is 700, less than two requests make and leave."""


def create_served_app() -> Litestar:
    """The bank in a process of its own. What is there by now stays: the collector need not look at it again."""
    gc.disable()
    from points_bank.app import create_app

    app = create_app()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()
    return app
