"""Suspension of a member's redemption for proven fraud: proposed, decided by a second person, appealed, ended.

It never touches points: nothing is taken, nothing becomes negative, and honour points stay as they are.
"""
