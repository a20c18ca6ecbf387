"""The desk: exchange, reservation, collection, cancellation, and the day's register.

Points and goods move in one act or not at all; nothing here knows where points came from.
"""
