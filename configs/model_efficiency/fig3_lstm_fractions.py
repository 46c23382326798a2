"""Model efficiency fig. 3: an LSTM on 30, 50 and 70% of the data.

Paper, Sec. 3.2: with more data the steps to full training accuracy rise slightly, those to full validation accuracy
fall much. Ours: the LSTM and the optimiser of figure 1; "slightly" is a factor of at most 2 between the smallest
fraction and the largest, set before the runs.
Quick: p = 23, width 64, otherwise as figure 2.
"""

from ml_collections import ConfigDict

from configs.model_efficiency.fig2_transformer_fractions import of_network


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    return of_network("LSTM", "model_efficiency/fig3_lstm_fractions", preset)
