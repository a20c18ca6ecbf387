"""The logbook: what members did, its approval by a second person, notice, settlement and correction.

It awards through the ledger by the rules in force; it never knows what points are spent on.
"""
