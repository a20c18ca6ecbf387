"""The organisation tree, from the district to the hub household, and the district's calendar of working days.

It decides which branch lies below which, and which days are worked; it never knows who works or lives there.
"""
