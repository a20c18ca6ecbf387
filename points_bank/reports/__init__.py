"""What goes upward: the month's close, branch by branch, its signatures, and cuts of a week by the same definitions.

It reads the other folders and writes its own tables only. What a month was closed with never changes.
"""
