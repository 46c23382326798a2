"""The three networks of the paper's figures: a two-layer transformer, a two-layer LSTM and a three-layer MLP.

Paper, Sec. 3.1: 3e5 to 4e5 non-embedding parameters each, modular addition over tokens; no widths, no public code.
Ours: the transformer of Power et al. (width 128, 4 heads, 4e5 non-embedding parameters in their words), with Nanda's
initialisation and no LayerNorm; embeddings of 128 numbers for all three; the MLP reads those of "a b =" side by side,
ReLU, three layers of weights; widths of LSTM and MLP so that the count is in range with the readout and without.

Measured, for p = 113, without embeddings and readout: transformer 394,496, LSTM 324,864, MLP 314,400; with the readout
409,088, 341,249 and 359,713. The transformer's readout is its unembedding, which the usual count leaves out.
"""

from ml_collections import ConfigDict

from grok_jax import default_config

# By the name in the figures: the model, and its fields that are not the defaults.
ARCHITECTURES = {
    "transformer": ("transformer", {"layers": 2, "heads": 4, "width": 128, "mlp_width": 512}),
    "LSTM": ("lstm", {"layers": 2, "width": 144, "embedding_width": 128}),
    "MLP": ("token_mlp", {"widths": (400, 400), "embedding_width": 128}),
}


def base(name: str) -> ConfigDict:
    """One of ARCHITECTURES on addition modulo 97, as all figures train it: full batch, AdamW 1e-3, decay 1."""
    config = set_architecture(default_config(task="modular_arithmetic", optimizer="adamw"), name)
    config.task.p = 97
    config.optimizer.learning_rate = 1e-3
    config.optimizer.weight_decay = 1.0
    config.optimizer.b2 = 0.98
    config.training.loss = "cross_entropy"
    return config


def set_architecture(config: ConfigDict, name: str) -> ConfigDict:
    """Makes the config's model one of ARCHITECTURES, its task one of tokens, and returns it."""
    model, fields = ARCHITECTURES[name]
    with config.unlocked():
        config.model = default_config(model=model).model
    config.model.update(fields)
    config.task.encoding = "tokens"
    return config
