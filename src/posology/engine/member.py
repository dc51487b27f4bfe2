"""What the engine trains: the rows, a member's numbers, its state while it trains, and what it leaves.

In a pack every field of `Member`, `Running` and `Outcome` has the member axis first; all their numbers are traced, so
that members with any of them differing run in one compiled program.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt32

Array = jax.Array | np.ndarray
Arrays = tuple[Any, ...]


@runtime_checkable
class Trainable(Protocol):
    """What the engine asks of a network: pure functions of its numbers, and nothing of its library."""

    kernels: tuple[tuple[int, ...], ...]
    """For every site of penalties, the positions of its weights among the trainable arrays."""

    def start_optimizer(self, weights: Arrays) -> Arrays:
        """Give the optimizer's state before its first step from these weights."""

    def loss(
        self, weights: Arrays, state: Arrays, x: Any, y: Any, row_weight: Any, strengths: Any, key: Any
    ) -> tuple[Any, tuple[Arrays, Any]]:
        """Give the training loss with everything but the sites' penalties, the new state and the bare loss."""

    def predict(self, weights: Arrays, state: Arrays, x: Any) -> Any:
        """Predict rows with dropout off: `(row, ...)`, as the network gives them."""

    def measured(self, columns: int) -> Any:
        """Tell measurements from numbers of categories: bool `(column,)`."""

    def as_shares(self, y: Any) -> Any:
        """Give targets as `loss` also takes them: a share of each class in place of a class, numbers as they are."""

    def row_losses(self, y: Any, prediction: Any) -> Any:
        """Give the bare loss of each row."""

    def row_errors(self, y: Any, prediction: Any) -> Any:
        """Give the loss of each row by which the study scores."""

    def update(self, weights: Arrays, gradient: Arrays, optimizer: Arrays, factor: Any) -> tuple[Arrays, Arrays]:
        """Take one optimizer step at `factor` times the network's own learning rate."""

    def learning_rate(self, optimizer: Arrays) -> Any:
        """Give the network's own learning rate at this state of its optimizer."""

    def finalize(self, weights: Arrays, optimizer: Arrays) -> Arrays:
        """Give the weights with which the optimizer ends a training (its moving averages, where it keeps them)."""


class Data(NamedTuple):
    """Prepared rows, the fit (resample or inner split) first; a pack's members name the fit that is theirs.

    Capacities are shapes, counts are traced. `x`, `y` may be trees of such arrays. All fits of one Data take the same
    number of steps an epoch (`packing.same_steps`), so that no member pays for another's rows.
    """

    x: Any
    """`(fit, row, ...)`"""
    y: Any
    """`(fit, row, ...)`"""
    rows: Int32[Array, " fit"]
    steps: Int32[Array, ""]
    watched_x: Any
    """`(fit, watched, ...)`"""
    watched_y: Any
    """`(fit, watched, ...)`"""
    watched_rows: Int32[Array, " fit"]
    weight: Float32[Array, "fit row"] | None = None
    """Weights of the rows in the loss, as Keras' `sample_weight`; None is 1 for all."""
    watched_weight: Float32[Array, "fit watched"] | None = None


class Schedule(NamedTuple):
    """The learning rate over a training, as a factor of the network's own, or a strength; see `schedule.factor`."""

    horizon: Float32[Array, "*member"]
    """Epochs over which it runs, which need not be the epochs that the member trains."""
    warmup: Float32[Array, "*member"]
    """Share of the horizon that climbs linearly from 0 to 1."""
    flat: Float32[Array, "*member"]
    """Share of the horizon after which a cosine goes down to 0: 0 is a cosine, 1 is constant."""


class Stopping(NamedTuple):
    """`keras.callbacks.EarlyStopping` on the watched loss."""

    patience: Int32[Array, "*member"]
    min_delta: Float32[Array, "*member"]
    start_from_epoch: Int32[Array, "*member"]


class Plateau(NamedTuple):
    """`keras.callbacks.ReduceLROnPlateau` on the watched loss; a factor of 1 is off."""

    factor: Float32[Array, "*member"]
    patience: Int32[Array, "*member"]
    min_delta: Float32[Array, "*member"]
    cooldown: Int32[Array, "*member"]
    least: Float32[Array, "*member"]
    """Smallest learning rate, as a share of the network's own."""


class Member(NamedTuple):
    """One network to train."""

    weights: Arrays
    state: Arrays
    strengths: dict[str, Float32[Array, "*member site"]]
    """From regularizer to its strengths, one a site."""
    key: UInt32[Array, "*member"]
    fit: Int32[Array, "*member"]
    epochs: Int32[Array, "*member"]
    watches: Bool[Array, "*member"]
    """Whether the watched loss is taken after every epoch; where not, stopping and plateau have nothing to act on."""
    learning_rate: Float32[Array, "*member"]
    """Times the network's own."""
    schedule: Schedule
    stopping: Stopping
    plateau: Plateau
    courses: dict[str, Schedule] = {}  # noqa: RUF012 a field's default, and no class attribute
    """From regularizers whose strength is on a schedule in any member to that of each member."""


class Watch(NamedTuple):
    """What `Stopping` and `Plateau` remember from epoch to epoch."""

    best_epoch: Any
    best_loss: Any
    wait: Any
    plateau_best: Any
    plateau_wait: Any
    cooldown: Any
    reduced: Any
    """Product of the plateau's reductions so far."""
    reductions: Any
    """Epochs after which they were made, `(reduction,)`, then zeros."""


class Running(NamedTuple):
    """A training that has come so far, and can go on: the state carried between the rungs of a halving."""

    epoch: Int32[Array, "*member"]
    weights: Arrays
    state: Arrays
    optimizer: Arrays
    memories: dict[str, Arrays]
    """From regularizers of the trajectory to what they remember, an array for each of the weights."""
    watch: Watch
    last_loss: Float32[Array, "*member"]
    stopped: Bool[Array, "*member"]
    failed: Bool[Array, "*member"]
    best_weights: Arrays
    """Of the best epoch so far; empty where the recipe does not restore them."""
    best_state: Arrays
    curve: Float32[Array, "*member point 2"]
    watched: Float32[Array, "*member epoch"]
    """Watched loss after each epoch; NaN where none was taken."""


class Outcome(NamedTuple):
    """What a training leaves."""

    best_epoch: Int32[Array, "*member"]
    best_loss: Float32[Array, "*member"]
    """Least watched loss; infinite where none was taken."""
    watched: Float32[Array, "*member epoch"]
    """Watched loss after each epoch, to the longest training of the recipe; NaN where none was taken."""
    epochs: Int32[Array, "*member"]
    last_loss: Float32[Array, "*member"]
    """Watched loss at the end; infinite where the member failed."""
    train_loss: Float32[Array, "*member"]
    """Bare loss on the training rows, dropout off, at the end."""
    train_error: Float32[Array, "*member"]
    """Scoring loss on the training rows, dropout off, at the end."""
    failed: Bool[Array, "*member"]
    """A loss that is not finite was met: while training, which it ended, or at the end."""
    curve: Float32[Array, "*member point 2"]
    """At `curve.curve_epochs`: bare loss on a sample of the training rows and on the watched rows, dropout off;
    NaN where not reached."""
    prediction: Any
    """Of the watched rows, `(member, watched, ...)`, dropout off."""
    reductions: Int32[Array, "*member reduction"]
    """Epochs after which a plateau reduced the learning rate, then zeros."""
    weights: Arrays
    state: Arrays
