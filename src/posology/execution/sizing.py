"""How many members a pack has: planned before the start, from the size of the network and of the table."""

from posology.errors import InputError

SECONDS = 4.0
"""What a pack should last: short beside a study, long beside the call that starts it."""
FLOPS = 3e10
"""Of one core, in float32, in trainings of small networks (docs/performance.md); a guess is enough here."""
MOST = 32
WORKER_MEMORY = 400 << 20
"""Bytes of a worker before it trains: Python, Keras, JAX and their compiler, as measured (docs/performance.md)."""
MEMORY = 1 << 28
"""Bytes of a pack's states in a worker."""


def pack_size(state: int, parameters: int, rows: int, epochs: int) -> int:
    """Give the members of a pack.

    min(32, seconds / seconds of a member, memory / memory of a member), at least 1. A member takes about 6 operations
    a weight and row, for half of its epochs: early stopping ends most before. Its state is held twice, as it comes in
    and as it goes out.

    Parameters
    ----------
    state : int
        Bytes of a member's weights, statistics, optimizer state and curve.
    parameters : int
        Weights of the network.
    rows : int
        Rows of the table.
    epochs : int
        Longest training.

    Examples
    --------
    >>> pack_size(300_000, 20_000, 1_000, 200), pack_size(300_000, 20_000, 1_000_000, 200)
    (10, 1)
    """
    seconds = 6 * parameters * rows * epochs / 2 / FLOPS
    return int(max(1, min(MOST, SECONDS / max(seconds, 1e-9), MEMORY / (2 * max(state, 1)))))


def check_memory(needed: int, workers: int) -> None:
    """Refuse a study that cannot fit, before it starts.

    Parameters
    ----------
    needed : int
        Bytes that each worker needs beside the table.
    workers : int
        Processes.

    Raises
    ------
    InputError
        Workers together need more than the memory that is free.
    """
    free = free_memory()
    if free is None or needed * workers <= free:
        return
    fit, here = free // needed, f"and {free / 1e9:.1f} GB are free"
    if fit >= 1:
        raise InputError(
            f"{workers} workers need about {needed * workers / 1e9:.1f} GB of memory, {here}. Use --workers {fit}."
        )
    raise InputError(
        f"A worker needs about {needed / 1e9:.1f} GB of memory, {here}. Use a smaller network, a smaller --batch-size "
        "or a sample of the table."
    )


def free_memory() -> int | None:
    """Give the bytes that this machine can still give, or None where it does not say."""
    try:
        with open("/proc/meminfo") as lines:  # noqa: PTH123  not a file on disk
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return None
