"""Keeps compiled programs between processes, in JAX's persistent compilation cache."""

import contextlib
import os
import warnings
from pathlib import Path
from typing import Any

import jax

FOLDER_BYTES = 2 * 1024**3  # the programs used longest ago go first
SECONDS_WORTH_KEEPING = 0.3
SETTINGS: Any = jax.config  # JAX makes its attributes at run time


def keep_compiled_programs() -> None:
    """Turns on JAX's compilation cache, so that running the same figure again compiles in a fraction of the time.

    Commands call this; `import grok_jax` does not, as that would change the settings of your own JAX programs. In a
    notebook, call it before anything is compiled.

    JAX_COMPILATION_CACHE_DIR sets the folder (and leaves the cache's other settings to you);
    JAX_ENABLE_COMPILATION_CACHE=false turns the cache off. An unreadable or unwritable folder only causes a warning.
    """
    named = SETTINGS.jax_compilation_cache_dir
    if named and named.startswith("~"):
        jax.config.update("jax_compilation_cache_dir", os.path.expanduser(named))
    if not SETTINGS.jax_enable_compilation_cache or named:
        return
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        warnings.warn(f"compiled programs are not cached: {folder}: {error.strerror}", stacklevel=2)
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", SECONDS_WORTH_KEEPING)
    jax.config.update("jax_compilation_cache_max_size", FOLDER_BYTES)  # with it, processes lock the folder


def is_of_kept_programs(warning: str) -> bool:
    """Whether a warning from JAX is about a cache entry that cannot be read or written."""
    return "persistent compilation cache entry" in warning


def forget_compiled_programs() -> None:
    """Empties the cache of keep_compiled_programs: JAX never rewrites a damaged entry, and warns at every start.

    A folder that the user chose is left alone.
    """
    folder = SETTINGS.jax_compilation_cache_dir
    if folder and Path(folder) == _folder():
        for path in Path(folder).glob("*-cache"):
            with contextlib.suppress(OSError):
                path.unlink()


def _folder() -> Path:
    import pooch

    # Machines with different processors can share it: JAX's key of a program includes the instruction set.
    return Path(pooch.os_cache("grok_jax")) / "programs"
