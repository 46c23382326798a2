"""Configs: one lab note for each figure, and grid.py for a grid of your own."""
