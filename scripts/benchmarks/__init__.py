"""What `scripts/benchmark` measures, a module for each: the bank, the floor under it, the limit over it, its peers.

All measurements are taken in rounds, one after another in each, and the median of the rounds counts: what else the
machine does then falls on all of them alike.
"""
