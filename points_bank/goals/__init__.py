"""What a member saves for: one good at one desk, and the goods to choose it from.

Saving for something holds nothing: no points and no goods. It never writes the ledger or stock.
"""
