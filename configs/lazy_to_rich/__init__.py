"""Figures of Grokking as the Transition from Lazy to Rich Training Dynamics (Kumar et al.)."""
