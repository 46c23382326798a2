"""What the tests of training share."""

import pytest
from ml_collections import ConfigDict

from grok_jax import default_config


@pytest.fixture(scope="session")
def small_config():
    """Makes the config of a run that trains in no time; keyword arguments set fields by their dotted names."""

    def make(**fields) -> ConfigDict:
        config = default_config()
        config.model.widths = (8,)
        config.model.activation = "tanh"
        config.task.train_size = 12
        config.task.test_size = 6
        config.training.steps = 12
        config.training.records = 6
        with config.unlocked():
            config.update_from_flattened_dict(fields)
        return config

    return make
