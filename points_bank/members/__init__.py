"""Members: volunteers with a passbook, their cards, homes, consents, guardians and PINs, and how they are found.

Personal data lives here and nowhere else; nothing here moves points.
"""
