"""What all pages share: who is looking and how they like it, templates, forms, refusals as pages, and static files.

What a page shows comes from acts, in the pages.py of its noun. Of nouns only the words for their states are here.
"""
