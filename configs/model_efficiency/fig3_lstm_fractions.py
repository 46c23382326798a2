"""Model efficiency fig. 3: an LSTM on 30, 50 and 70% of the data.

Paper, Sec. 3.2: with more data the steps to full training accuracy rise slightly, those to full validation accuracy
fall much. Ours: the LSTM and the optimiser of figure 1; "slightly" is a factor of at most 2 between the smallest
fraction and the largest, set before the runs.
Quick: p = 23, width 64, otherwise as figure 2.

Measured (quick, 3 seeds): both claims hold in all. Claim 1: medians of t95(test) 3,716 at 50%, 2,008 at 65%, 727 at
80%. Claim 2: medians of t95(train) 73.6, 75.5 and 77.2, 1.05 times later at 80% than at 50%.

Cost on 2 cores: smoke 5 s; quick 50 s (3.6e4 run-steps); paper was not run.
"""

from ml_collections import ConfigDict

from configs.model_efficiency.fig2_transformer_fractions import of_network


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    return of_network("LSTM", "model_efficiency/fig3_lstm_fractions", preset)
