"""Orders by which points lapse later: who gave which order, for whom, and what became of each lot.

The ledger changes the lots; here is decided whose they are. No order ever shortens a date.
"""
