"""How long personal data is kept: the schedule as one table, and the jobs that forget what was kept long enough.

It never touches the ledger, service on record, or the audit list.
"""
