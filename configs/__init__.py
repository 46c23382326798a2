"""Configs: one lab note per figure, and grid.py and landscape.py for your own experiments."""
