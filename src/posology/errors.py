"""What can go wrong, and the exit code that the command gives for it."""


class PosologyError(Exception):
    """Anything that posology reports in a sentence: what was got, what is wrong, what to do. Exit code 1."""

    exit_code = 1


class InputError(PosologyError, ValueError):
    """The table, the network, an option or a folder cannot be used as given; nothing was written. Exit code 2."""

    exit_code = 2


class StoppedError(PosologyError):
    """The study was stopped before its end; its folder can be resumed. Exit code 3."""

    exit_code = 3


class WorkerError(PosologyError):
    """A worker process ended or answered with an error; finished packs are kept. Exit code 1."""


class LeakWarning(UserWarning):
    """A column looks as if it gave the target away, or as if it identified rows."""
