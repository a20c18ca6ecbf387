"""Staff, their rights over branches, their passwords and tokens, and the limit on tries to sign in.

It says who is asking and what they may do; it never decides anything about points.
"""
