"""Figures of Omnigrok (Liu, Michaud, Tegmark)."""
