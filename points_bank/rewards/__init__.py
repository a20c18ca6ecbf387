"""What can be had: the catalogue, desks, and the stock of each desk as movements.

Stock is the sum of its movements and never below zero; nothing here moves points.
"""
