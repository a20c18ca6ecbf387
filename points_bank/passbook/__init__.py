"""One member's whole view: the three quantities, the lines and why, the own rank; and closing a passbook.

It only reads what the other folders keep, except for closing.
"""
