"""Who looked at whom: every time staff see what is kept of one person, from every page and route that shows it.

What is seen must not wait for it to be written down: see docs/decisions. It never says what was seen.
"""
