"""A desk with members, whose months are closed."""

from tests.redemptions.conftest import shop

__all__ = ["shop"]
