"""Waiting for what is sold out: joining the list of a desk, leaving it, and who stands where.

Whoever waits is told by `rewards.waiting_list` when something comes back, and is served like everybody else.
"""
