"""The one kind of error that a user's input can cause."""

import contextlib
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# Whose frames a user did not write: libraries, and this one where another is among the callers.
LIBRARIES = ("jax", "jaxlib", "flax", "optax", "numpy", "jaxtyping", "beartype", "contextlib", "functools")
TRACED = ("Tracer", "Concretization", "NonConcrete")  # how JAX's errors begin of values that are not known yet
HINT = "; a field that decides code or shapes must be static: declare it so, or name it in static=(...)"
LONGEST = 200  # characters of another error's message
LONGEST_VALUE, LONGEST_LINE = 100, 3000  # characters of a value in a message, and of a message


class UserError(ValueError):
    """What was given cannot be used: one line that says what was given and what is allowed.

    Command lines print it on stderr and leave with exit code 2; from Python it is a ValueError.
    """

    def __init__(self, message: str) -> None:
        super().__init__(in_one_line(message))


def require(condition: bool, message: str) -> None:
    """Raises UserError(message) unless condition holds."""
    if not condition:
        raise UserError(message)


def lookup(words: Mapping[str, Any], word: str, field: str) -> Any:
    """What a word stands for.

    Raises:
      UserError: there is no such word; the message lists those there are.
    """
    require(word in words, f"{field} {written(word)} does not exist; there are {', '.join(sorted(words))}")
    return words[word]


def in_one_line(message: str) -> str:
    """A message without line breaks, its midst left out where it is long."""
    line, half = " ".join(filter(None, map(str.strip, message.splitlines()))), LONGEST_LINE // 2
    return line if len(line) <= LONGEST_LINE else f"{line[:half]} ... {line[-half:]}"


def written(value: Any) -> str:
    """A value as Python writes it: in one line, cut where it is long."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a whole number of more digits than Python writes; a value whose own repr fails
        return f"a value of type {type(value).__name__} that cannot be written"
    return shortened(text, LONGEST_VALUE)


def shortened(text: str, longest: int) -> str:
    """A text, cut after so many characters."""
    return text if len(text) <= longest else f"{text[:longest]}..."


@contextlib.contextmanager
def naming(stage: str) -> Iterator[None]:
    """Turns what a part raises, in the body, into one line: the stage, the error, and where in the part it is.

    Args:
      stage: what the body does, such as "task 'mine' (draw)".

    Raises:
      UserError: the body raised something else than a UserError, which is its cause.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines()
        said = f": {lines[0][:LONGEST]}" if lines else ""
        hint = HINT if type(error).__name__.startswith(TRACED) else ""
        raise UserError(f"{stage} fails with {type(error).__name__}{said}{_place(error)}{hint}") from error


@contextlib.contextmanager
def writing(where: str, hope: str) -> Iterator[None]:
    """Turns what can go wrong with writing, in the body, into one line: where, why, and what is kept.

    Raises:
      UserError: the body raised an OSError, which is its cause.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise UserError(f"{where} cannot be written to ({reason}); {hope}") from error


def _place(error: Exception) -> str:
    """File and line of the innermost frame that a user wrote, in brackets."""
    frames = [
        (frame.f_globals.get("__name__", ""), frame, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    own = [entry for entry in frames if entry[0].split(".")[0] not in LIBRARIES]
    users = [entry for entry in own if entry[0].split(".")[0] != "grok_jax"]
    if not own:
        return ""
    _, frame, line = (users or own)[-1]
    return f" ({Path(frame.f_code.co_filename).name}:{line})"
