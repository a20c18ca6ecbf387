"""Points Bank: a service points bank for volunteers, its ledger, its desks and its boards."""

__version__ = "0.1.0"
