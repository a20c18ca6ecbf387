"""Files out: what is known of one member, a branch's month, a desk's register, and everything.

It only reads the other folders, and writes down who took what along; it changes nothing else.
"""
