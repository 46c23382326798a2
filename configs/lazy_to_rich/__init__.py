"""Figures of Grokking as the Transition from Lazy to Rich Training Dynamics (Kumar et al.)."""

TWINS = {"model.linearized": (False, True)}  # a grid axis: the network and its linearized twin
