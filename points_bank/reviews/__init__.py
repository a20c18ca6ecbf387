"""Reviews: a set of doubted entries, frozen until two people have decided what of it is false, and the evidence.

What proves false is rejected or corrected by the logbook's own acts; a review never writes points itself.
"""
