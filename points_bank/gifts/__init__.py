"""Donations: points that a member gives to another or to the help pool, and what the pool gives to residents in need.

Giving takes nothing from honour points or minutes, and no gift lasts longer than the points it came from.
"""
