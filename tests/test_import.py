"""import grok_jax loads what every run needs, and no more: it is what a user waits for first."""

import subprocess
import sys

HEAVY = (
    *("scipy.interpolate", "scipy.linalg", "scipy.sparse", "scipy.stats", "matplotlib", "mlxtend", "neural_tangents"),
    *(
        "pooch",
        "requests",
        "rdkit",
        "sklearn",
        "tensorflow",
        "torch",
        "IPython",
        "grok_jax.analysis",
        "grok_jax.plotting",
    ),
)


def test_importing_the_library_loads_nothing_heavy():
    code = f"import sys, grok_jax; print(*(name for name in {HEAVY} if name in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []
