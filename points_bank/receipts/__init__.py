"""Receipts: everything that lies behind one line of a passbook, and codes by which anyone can check one.

It reads what the other folders keep and keeps nothing itself.
"""
