"""Figures of Towards Understanding the Mystery behind Grokking Phenomenon via Model and Training Efficiency."""
