"""Compiled programs kept from one process to the next, in JAX's persistent compilation cache."""

import contextlib
import os
import warnings
from pathlib import Path

import jax

FOLDER_BYTES = 2 * 1024**3  # the programs used longest ago go first
SECONDS_WORTH_KEEPING = 0.3


def keep_compiled_programs() -> None:
    """Lets JAX keep what it compiles, so that a second start of the same figure compiles in a fraction of the time.

    Commands call this; `import grok_jax` does not, as it would change the settings of a user's own JAX programs. Call
    it from a notebook to have the same there, before anything is compiled.

    JAX_COMPILATION_CACHE_DIR chooses the folder (then its other settings are the user's too), and
    JAX_ENABLE_COMPILATION_CACHE=false turns it off. A folder that cannot be written or read costs a warning only.
    """
    named = jax.config.jax_compilation_cache_dir
    if named and named.startswith("~"):
        jax.config.update("jax_compilation_cache_dir", os.path.expanduser(named))
    if not jax.config.jax_enable_compilation_cache or named:
        return
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        warnings.warn(f"compiled programs are not kept: {folder}: {error.strerror}", stacklevel=2)
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", SECONDS_WORTH_KEEPING)
    jax.config.update("jax_compilation_cache_max_size", FOLDER_BYTES)  # with it, processes lock the folder


def is_of_kept_programs(warning: str) -> bool:
    """Whether a warning of JAX's is of an entry of the cache that cannot be read or written."""
    return "persistent compilation cache entry" in warning


def forget_compiled_programs() -> None:
    """Removes what keep_compiled_programs has kept: JAX never writes a damaged entry again, and warns at each start.

    A folder of the user's own choice is left as it is.
    """
    folder = jax.config.jax_compilation_cache_dir
    if folder and Path(folder) == _folder():
        for path in Path(folder).glob("*-cache"):
            with contextlib.suppress(OSError):
                path.unlink()


def _folder() -> Path:
    import pooch

    # Processors of several kinds may share it: JAX's key of a program names the instructions it may use.
    return Path(pooch.os_cache("grok_jax")) / "programs"
