"""What the bank does by itself, told to who administers it: what is due, what ran, and doing it now.

It owns no table and decides nothing: what is due is written in the books, and done by the acts of the nouns.
"""
