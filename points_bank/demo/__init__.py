"""The demo district, lived through day by day with the bank's own acts; the same seed gives the same district.

It writes no table itself, so that what it shows is what the bank does.
"""
