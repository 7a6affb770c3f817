"""The errors a person may meet. Each says what happened and where; ``next_step`` says what to do about it."""


class CxError(Exception):
    """The job failed; running it again unchanged will fail again."""

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(f"{message}\n  next: {next_step}" if next_step else message)
        self.message = message
        self.next_step = next_step

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        # Errors cross process borders; the default pickling would fold the next step in twice.
        return type(self), (self.message, self.next_step)


class ConfigError(CxError):
    """A setting, connection or argument is wrong: exit code 2."""


class RetriableError(CxError):
    """The other side was busy, slow or gone: the same request may work after ``wait_seconds``, if it said so."""

    def __init__(self, message: str, next_step: str = "", wait_seconds: float | None = None) -> None:
        super().__init__(message, next_step)
        self.wait_seconds = wait_seconds


class RestartError(RetriableError):
    """This run cannot become complete (an address has expired, rows moved while it walked); a new run can."""


class QuotaError(CxError):
    """The vendor's limit is used up for longer than a run can wait; what has landed is kept for the next run."""


class UnknownError(CxError):
    """The line broke while the other side decided: it may have taken what was sent, and is not asked again."""


class DataError(CxError):
    """What arrived is not what the contract or the vendor's own totals promise."""


class GateError(CxError):
    """A critical expectation does not hold: nothing is published."""
