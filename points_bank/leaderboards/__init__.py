"""Leaderboards: standings worked out from settled service, and the editions published of them.

An edition is published once per board and period. Names are joined when it is read; nothing here changes points.
"""
