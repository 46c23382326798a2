"""Figures of T. Kumar et al., Grokking as the transition from lazy to rich training dynamics, ICLR 2024."""
