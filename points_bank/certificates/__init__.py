"""Certificates of service: asked for, issued, announced, checked by anyone by number, revoked.

What one certifies is frozen when it is issued and is never edited; points are none of its business.
"""
