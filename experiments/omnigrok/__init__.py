"""Figures of Z. Liu, E. J. Michaud and M. Tegmark, Omnigrok: grokking beyond algorithmic data, ICLR 2023."""
