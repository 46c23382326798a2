"""The one kind of error that a user's input can cause."""


class UserError(ValueError):
    """What was given cannot be used: one line that says what was given and what is allowed.

    Command lines print it on stderr and leave with exit code 2; from Python it is a ValueError.
    """


def require(condition: bool, message: str) -> None:
    """Raises UserError(message) unless condition holds."""
    if not condition:
        raise UserError(message)
