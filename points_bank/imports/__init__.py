"""Files that come in: members, households, past activities, opening balances and sign-in sheets, from xlsx and csv.

It reads, checks and cuts into short acts; what a row then does is an act of the noun it belongs to.
"""
