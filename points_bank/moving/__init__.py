"""Moving house: a whole bank out of one database and into another, on SQLite or PostgreSQL.

Owns the file in which it travels, and the row that says how far a move has come. It knows tables, not what they mean:
rows are written as they stood, into a database in which there is nothing, and open only when `verify` has nothing to
say.
"""
