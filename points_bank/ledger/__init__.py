"""Accounts, transfers and lots: the only code that writes points.

It knows no person, no activity and no good. What it has written is never changed or deleted.
"""
