"""Rule sets: what service earns, what caps it, the limits of exchange, and which version is in force where and when.

Pure arithmetic with its explanation, and the table that keeps the versions. Knows no person, no activity, no account;
never changes a version that was once added.
"""
