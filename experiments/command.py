"""How every command starts, and how it ends when its input cannot be used: one line on stderr, exit code 2."""

import gc
import importlib.util
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pooch
from absl import app, flags, logging
from ml_collections import ConfigDict, config_flags

from grok_jax.errors import UserError, require
from grok_jax.training.devices import use_all_cores
from grok_jax.training.grid import parse_grid

flags.disclaim_key_flags()  # --help of a command shows the flags that are defined here for it


def start(main: Callable[[], None]) -> None:
    """Parses the flags and runs main(); a wrong flag or a UserError leaves one line and exit code 2."""

    def guarded(argv: list[str]) -> None:
        if len(argv) > 1:
            _leave(f"{argv[1]!r} is no flag; flags begin with --")
        logging.set_verbosity(logging.ERROR)  # orbax tells of every file it writes
        for handler in pooch.get_logger().handlers:
            handler.setStream(sys.stdout)  # that a download begins is no error
        use_all_cores()
        try:
            main()
        except UserError as error:
            _leave(str(error))
        except KeyboardInterrupt:
            print(
                "\ninterrupted; with --resume (and without --overwrite) it goes on from the last checkpoint",
                file=sys.stderr,
            )
            sys.exit(130)

    gc.freeze()  # or the search through all that was imported makes leaving take half a second
    app.run(guarded, flags_parser=_parse)


def define_config() -> flags.FlagHolder[ConfigDict]:
    """The flag --config=<file>[:<argument of its get_config>], and --config.<field>=<value> for each field."""
    holder = config_flags.DEFINE_config_file(
        "config", None, "File with get_config(preset); fields: --config.<field>=<value>."
    )
    flags.FLAGS["config"].parser = _ConfigFile()
    return holder


class _ConfigFile(flags.ArgumentParser):
    """Reads a config file. What ml_collections' own parser says of a missing or wrong one is a page of traceback."""

    def parse(self, argument: str) -> ConfigDict:
        file, *rest = argument.split(":", 1)
        require(Path(file).is_file(), "there is no such file")
        try:
            module = _import(file)
            require(hasattr(module, "get_config"), f"{file} has no function get_config")
            config = module.get_config(*rest)
        except UserError:
            raise
        except Exception as error:  # A config file is a user's own Python, which can fail in any way.
            if os.environ.get("GROK_JAX_TRACEBACK"):
                raise
            raise UserError(f"{type(error).__name__}: {error} (GROK_JAX_TRACEBACK=1 shows where)") from error
        require(isinstance(config, ConfigDict), f"get_config gave {type(config).__name__}; it must give a ConfigDict")
        _require_fields(_overridden(), config)
        return config.lock()


def require_no_axis_overridden(config: ConfigDict) -> None:
    """Raises UserError for an override of a field that the grid varies, which would change nothing."""
    axes = {field for axis in parse_grid(config.grid) for field in axis.fields}
    for field in _overridden():
        given = f"--config.{field} is an axis of the grid {config.grid!r}; change it there, with --config.grid"
        require(field not in axes, given)


def _overridden() -> list[str]:
    """The fields that the command line overrides, by their dotted names."""
    overrides = [re.match(r"--?(?:no)?config\.([^=]+)", arg) for arg in sys.argv[1:]]
    return [match[1] for match in overrides if match]


def _import(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("config_file", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _require_fields(overrides: list[str], config: ConfigDict) -> None:
    """Raises flags.Error for an override such as model.widht that is no field of the config."""
    for override in overrides:
        section = config
        for key in override.split("."):
            known = list(section) if isinstance(section, ConfigDict) else ["none"]
            if key not in known:
                raise flags.Error(f"--config.{override} is no field; there are {', '.join(known)}")
            section = section[key]


def _parse(argv: list[str]) -> list[str]:
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        if os.environ.get("GROK_JAX_TRACEBACK"):
            raise
        _leave(str(error))


def _leave(message: str) -> None:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    print(f"error: {' '.join(lines)}", file=sys.stderr)
    sys.exit(2)
