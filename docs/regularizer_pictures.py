"""Draw what each regularizer does into docs/regularizers/: `python docs/regularizer_pictures.py`.

Every curve is made by the regularizer's own hook, the one that trainings call. A test draws them again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from posology.engine.member import Schedule
from posology.engine.schedule import factor
from posology.regularizers import REGULARIZERS, SCHEDULES, Batch, Clock

FOLDER = Path(__file__).parent / "regularizers"
WIDTH, HEIGHT = 560, 210
LEFT, RIGHT, TOP, BOTTOM = 62, 150, 34, 168
KEY = jax.random.key(84667)

STYLE = """\
text{font:13px system-ui,sans-serif;fill:var(--i)}.m{fill:var(--m)}.l{fill:none;stroke-width:2}.a{stroke:var(--m)}
svg{--p:#fdfdfe;--i:#1b1f24;--m:#57606a;--0:#4d555e;--1:#0072b2;--2:#bd4f00;--3:#007a5a}
@media(prefers-color-scheme:dark){svg{--p:#15191e;--i:#e8eaed;--m:#a9b2bc;--0:#b4bcc5;--1:#56b4e9;--2:#ff9a52;--3:#34c997}}
"""
SAYS = {
    "l1": ("L1 moves every weight towards 0 by the same amount; those that the loss wants less than that stay near 0."),
    "l2": "L2 shrinks every weight by the same share: large ones most, and none to 0.",
    "dropout": "Dropout at 0.3: 30% of activations are 0, the others 1.43 times as large, so that the mean stays.",
    "weight_decay": "A weight that the loss does not hold loses the same share at every step, and never comes to 0.",
    "proximal_l1": "A weight that the loss does not hold loses the same amount at every step, until it is exactly 0.",
    "group_lasso_inputs": (
        "All weights of an input go together: the norm of the group falls evenly, until all are exactly 0."
    ),
    "group_lasso_units": (
        "All weights of a unit go together: the norm of the group falls evenly, until all are exactly 0."
    ),
    "max_norm": "Weights of a unit below the limit stay as they are; above it they are scaled down to it.",
    "orthogonal": "Two units that look the same way are turned apart, until they are at right angles.",
    "gaussian_dropout": (
        "Gaussian dropout at 0.3: an activation keeps its mean, with the variance that dropout gives it; none is "
        "exactly 0."
    ),
    "gaussian_noise": "Gaussian noise is added: as wide for a small activation as for a large one.",
    "alpha_dropout": "Alpha dropout sets activations to the lowest value of SELU, not to 0, and rescales all.",
    "activity_l1": "As L1, of activations: small ones stay near 0, large ones lose the same amount.",
    "activity_l2": "As L2, of activations: all shrink by the same share.",
    "dropconnect": "DropConnect at 0.3: 30% of weights are 0 for a step, the others 1.43 times as large.",
    "weight_noise": "A step is computed with weights that are a little off, in proportion to the kernel's own spread.",
    "stochastic_depth": "A branch is left out for whole rows, which skip it; the others get it scaled up.",
    "shake_drop": "For 30% of rows what a branch adds is scaled at random, sign included; the others get it scaled up.",
    "shake_shake": "Two branches that add 1 each are weighed anew in every row: what one gets, the other lacks.",
    "batch_norm": "The same number comes out elsewhere in every batch, for it is seen beside 31 others each time.",
    "layer_norm": "However large the numbers of a row are, they leave with the same size: only their pattern is kept.",
    "input_dropout": "Input dropout takes out other cells in every row, and scales the rest up.",
    "input_noise": "Every cell gets a noise of its own, in units of its column's spread.",
    "mixup": "A small strength leaves most batches nearly alone; at 1 every share is as likely as every other.",
    "cutmix": "CutMix takes some columns of every row from another row, the same columns in the whole batch.",
    "cutout": "Cutout sets some columns to 0, the same in every row of the batch.",
    "adversarial": "Half of the rows are moved uphill in the loss, by the same step in every column.",
    "target_noise": "The target of every row gets a noise, in units of the target's spread.",
    "label_smoothing": "A share of the row's target is given to all classes alike: no class is asked to be certain.",
    "lookahead": "Every fifth step a part of the way is taken back: the weight comes down more slowly.",
    "ema": "The average of the last weights is calm where the weights are not; a long memory comes late.",
    "swa": "The average over epochs is calm; the more of them are in it, the longer it remembers the start.",
    "gradient_clipping": "A gradient below the limit stays as it is; above it it is scaled down to it.",
    "learning_rate_decay": "The learning rate falls from the first epoch on: fast at first, then ever more slowly.",
    "schedules": (
        "A decaying strength is whole for half of the epochs and gone at their end; a warmed-up one rises in the "
        "first quarter."
    ),
}
"""What is seen in each picture: its description, and its alternative text on the page."""

DASHES = ("none", "none", "7 4", "2 3")
"""Beside the colours, which nobody need see."""


@dataclass(frozen=True)
class Picture:
    """What is drawn of a regularizer: its conclusion, and the marks of the drawing."""

    says: str
    marks: str


class Axes:
    """A place for curves: from numbers to the marks of SVG."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float], labels: tuple[str, str]) -> None:
        self._x, self._y = x, y
        ends = [(LEFT, BOTTOM + 17, "start", x[0]), (WIDTH - RIGHT, BOTTOM + 17, "end", x[1])]
        ends += [(LEFT - 6, BOTTOM, "end", y[0]), (LEFT - 6, TOP + 10, "end", y[1])]
        self.marks = [f'<path class="a l" d="M{LEFT} {TOP}V{BOTTOM}H{WIDTH - RIGHT}"/>']
        self.marks += [_text(at, down, f"{value:g}", anchor, "m") for at, down, anchor, value in ends]
        self.marks.append(_text((LEFT + WIDTH - RIGHT) / 2, BOTTOM + 32, labels[0], "middle", "m"))
        self.marks.append(_text(LEFT, TOP - 8, labels[1], "start", "m"))
        self._names: list[tuple[float, str, int]] = []

    def place(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Give the place of a point."""
        across, up = ((np.asarray(v) - e[0]) / (e[1] - e[0]) for v, e in ((x, self._x), (y, self._y)))
        return LEFT + across * (WIDTH - RIGHT - LEFT), BOTTOM - np.clip(up, 0, 1) * (BOTTOM - TOP)

    def curve(self, x: Sequence[float], y: Sequence[float], name: str, hue: int) -> None:
        """Draw a curve, and name it at its end."""
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(*self.place(x, y), strict=True))
        dash = DASHES[hue]
        self.marks.append(f'<polyline class="l" stroke="var(--{hue})" stroke-dasharray="{dash}" points="{points}"/>')
        self._names.append((float(self.place(x, y)[1][-1]), name, hue))

    def bars(self, values: Any, name: str, hue: int, count: int = 41) -> None:
        """Draw how often values fall where: a share of all of them, a bar."""
        heights, edges = np.histogram(values, bins=count, range=self._x)
        shares = heights / len(values)
        (left, _), (right, _) = self.place(edges[:-1], 0), self.place(edges[1:], 0)
        for a, b, share in zip(left, right, shares, strict=True):
            top = float(self.place(0, share)[1])
            if share:
                marks = f'x="{a:.1f}" y="{top:.1f}" width="{b - a - 1:.1f}" height="{max(1, BOTTOM - top):.1f}"'
                self.marks.append(f'<rect {marks} fill="var(--{hue})"/>')
        self._names.append((TOP + 8, name, hue))

    def drawn(self) -> str:
        """Give the marks; names stand beside the ends of their curves, apart from one another."""
        out, last = list(self.marks), float("-inf")
        for height, name, hue in sorted(self._names):
            last = max(height, last + 16)
            out.append(f'<g style="fill:var(--{hue})">{_text(WIDTH - RIGHT + 8, last + 4, name, "start", "", hue)}</g>')
        return "\n".join(out)


def _text(x: float, y: float, words: str, anchor: str, kind: str = "", hue: int | None = None) -> str:
    look = f' style="fill:var(--{hue})"' if hue is not None else f' class="{kind}"' if kind else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{look}>{escape(words)}</text>'


def svg(picture: Picture, name: str) -> str:
    """Give a picture as a file: read aloud by its conclusion, right in light and dark by the reader's own setting."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img"'
    said = f"<title>{escape(name)}</title><desc>{escape(picture.says)}</desc><style>{STYLE}</style>"
    paper = f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="var(--p)"/>'
    return f"{head}>{said}\n{paper}\n{picture.marks}\n</svg>\n"


# weights

WANTED = np.linspace(-2, 2, 41)


def _held(name: str, strengths: Sequence[float], says: str, of: str = "weight") -> Picture:
    """Find where a weight, or an activation, comes to rest whose loss is (w − z)²/2, by 1,000 small steps."""
    axes = Axes((-2, 2), (-2, 2), (f"the {of} that the loss alone wants", f"the {of} that is found"))
    axes.curve(WANTED, WANTED, "no penalty", 0)
    slope = _slope(name)
    for hue, strength in enumerate(strengths, start=1):
        weight = jnp.asarray(WANTED)
        step = jax.jit(lambda w, s=strength: w - 0.01 * (w - WANTED + slope(w, s)))
        for _ in range(1000):
            weight = step(weight)
        axes.curve(WANTED, np.asarray(weight), f"strength {strength:g}", hue)
    return Picture(says, axes.drawn())


def _slope(name: str) -> Callable[[Any, Any], Any]:
    """Give the gradient that a penalty adds, of weights or of activations."""
    regularizer: Any = REGULARIZERS[name]
    if hasattr(type(regularizer), "penalty") and name.startswith("activity"):
        return jax.grad(lambda w, s: regularizer.penalty(w[None, :], s))
    return regularizer.gradient


def _left_alone(name: str, says: str, strengths: Sequence[float], start: Any, norm: bool = False) -> Picture:
    """Follow weights that the loss does not hold, for 1,000 steps of learning rate 0.001."""
    regularizer: Any = REGULARIZERS[name]
    before = "before" in regularizer.place.value
    hook = jax.jit(regularizer.before_update if before else regularizer.after_update)
    axes = Axes((0, 1000), (0, 1), ("steps", "norm of a group" if norm else "a weight that the loss does not hold"))
    for hue, strength in enumerate(strengths, start=1):
        weight, seen = jnp.asarray(start), []
        for step in range(1001):
            if step % 25 == 0:
                seen.append(float(jnp.sqrt((weight**2).sum())))
            weight = hook(weight, strength, 0.001)
        axes.curve(np.arange(0, 1001, 25), seen, f"strength {strength:g}", hue)
    return Picture(says, axes.drawn())


def _limited(says: str, of: str, limit: Callable[[float, float], float], strengths: Sequence[float]) -> Picture:
    """Draw a norm, and what is left of it."""
    norms = np.linspace(0, 4, 41)
    axes = Axes((0, 4), (0, 4), (f"norm of {of}", "norm that is left"))
    for hue, strength in enumerate(strengths, start=1):
        axes.curve(norms, [limit(norm, strength) for norm in norms], f"limit {1 / strength:g}", hue)
    return Picture(says, axes.drawn())


def _max_norm(norm: float, strength: float) -> float:
    weight = jnp.array([[0.6 * norm], [0.8 * norm]])
    return float(jnp.linalg.norm(REGULARIZERS["max_norm"].after_update(weight, strength, 0.001)))


def _clipped(norm: float, strength: float) -> float:
    return float(jnp.abs(REGULARIZERS["gradient_clipping"].clipped((jnp.array([norm]),), strength)[0][0]))


def _orthogonal(says: str) -> Picture:
    axes = Axes((0, 200), (0, 1), ("steps of learning rate 0.05", "|cosine| of two units"))
    step = jax.jit(lambda w, s: w - 0.05 * REGULARIZERS["orthogonal"].gradient(w, s))
    for hue, strength in enumerate((0.01, 0.1, 1.0), start=1):
        weight, seen = jnp.array([[1.0, 1.0], [0.0, 0.3]]), []
        for i in range(201):
            if i % 5 == 0:
                one, two = weight.T
                seen.append(float(jnp.abs(one @ two) / (jnp.linalg.norm(one) * jnp.linalg.norm(two))))
            weight = step(weight, strength)
        axes.curve(np.arange(0, 201, 5), seen, f"strength {strength:g}", hue)
    return Picture(says, axes.drawn())


# noise

DRAWS = 4096


def _bits(shape: tuple[int, ...], stream: int = 0) -> Any:
    return jax.random.bits(jax.random.fold_in(KEY, stream), shape, jnp.uint32)


def _about(columns: int, slope: Any = None) -> Batch:
    return Batch(_bits, jnp.ones(columns, bool), slope)


def _becomes(says: str, of: str, values: Any, ends: tuple[float, float], top: float, strength: str) -> Picture:
    axes = Axes(ends, (0, top), (f"what becomes of {of}", "share of draws"))
    axes.bars(np.asarray(values, float).ravel(), strength, 1)
    return Picture(says, axes.drawn())


def _cells(says: str, colors: Any, labels: tuple[str, str]) -> Picture:
    """Draw a batch as cells, rows one above the other: filled, empty or of another row."""
    side, size = 15, 12
    looks = {0: 'fill="none" stroke="var(--m)"', 1: 'fill="var(--1)"', 2: 'fill="var(--2)"'}
    cell = f"h{size}v{size}h-{size}z"
    marks = [_text(LEFT, TOP - 8, "a batch: 9 rows of 16 columns", "start", "m")]
    for line, (kind, label) in enumerate(zip(sorted(set(colors.flat), key=lambda k: k != 1), labels, strict=True)):
        across, down = LEFT + 16 * side + 16, TOP + 4 + 22 * line
        places = [f"M{LEFT + c * side} {TOP + r * side}{cell}" for r, c in np.argwhere(colors == kind)]
        marks.append(f'<path {looks[kind]} d="{"".join(places)}M{across} {down}{cell}"/>')
        marks.append(_text(across + 18, down + 11, label, "start"))
    return Picture(says, "\n".join(marks))


def _masked(name: str, strength: float, says: str) -> Picture:
    left = REGULARIZERS[name].rows(jnp.ones((9, 16)), jnp.ones((9, 1)), strength, _about(16))[0]
    return _cells(says, (np.asarray(left) > 0).astype(int), ("as it is", "0"))


def _left_out(says: str) -> Picture:
    left = REGULARIZERS["stochastic_depth"].apply(jnp.ones((9, 16)), 0.3, _bits((9, 1)))
    return _cells(says, (np.asarray(left) > 0).astype(int), ("what the branch adds", "0: left out"))


def _cutmix(says: str) -> Picture:
    rows = jnp.arange(9.0)[:, None] * jnp.ones((1, 16))
    mixed = REGULARIZERS["cutmix"].rows(rows, jnp.ones((9, 1)), 1.0, _about(16))[0]
    own = np.asarray(mixed) == np.arange(9.0)[:, None]
    return _cells(says, np.where(own, 1, 2), ("the row's own", "of another row"))


def _mixup(says: str) -> Picture:
    axes = Axes((0, 1), (0, 1), ("share of the other row in a batch", "share of batches with no more than that"))
    places = np.linspace(0, 1, 51)
    for hue, alpha in enumerate((0.05, 0.3, 1.0), start=1):
        shares = np.sort(np.asarray(jax.vmap(lambda stream, a=alpha: _share(stream, a))(jnp.arange(1024))))
        axes.curve(places, np.searchsorted(shares, places, side="right") / len(shares), f"strength {alpha:g}", hue)
    return Picture(says, axes.drawn())


def _share(stream: Any, alpha: float) -> Any:
    key = jax.random.fold_in(KEY, stream)
    about = Batch(lambda shape, s=0: jax.random.bits(jax.random.fold_in(key, s), shape, jnp.uint32), None, None)
    x, _ = REGULARIZERS["mixup"].rows(jnp.eye(2), jnp.zeros((2, 1)), alpha, about)
    return x[0, 1]


def _adversarial(says: str) -> Picture:
    """Rows of two columns, in a loss that falls to the middle: half of them go uphill, by a step in every column."""
    grid = np.stack(np.meshgrid(np.linspace(-1.5, 1.5, 6), np.linspace(-1.5, 1.5, 4)), axis=-1).reshape(-1, 2)
    rows = jnp.asarray(np.random.default_rng(0).permutation(grid))
    moved, _ = REGULARIZERS["adversarial"].rows(rows, jnp.zeros((len(rows), 1)), 0.3, _about(2, lambda x, _: 2 * x))
    axes = Axes((-2, 2), (-2, 2), ("a column; the loss is least in the middle", "another column"))
    for before, after in zip(np.asarray(rows), np.asarray(moved), strict=True):
        (x, y), (u, v) = axes.place(*before), axes.place(*after)
        hue = 2 if (before != after).any() else 1
        axes.marks.append(f'<path class="l" stroke="var(--{hue})" d="M{x:.1f} {y:.1f}L{u:.1f} {v:.1f}"/>')
        axes.marks.append(f'<circle cx="{u:.1f}" cy="{v:.1f}" r="3.5" fill="var(--{hue})"/>')
    axes.marks += [
        _text(WIDTH - RIGHT + 8, TOP + 14 + 18 * i, words, "start", "", i + 1)
        for i, words in enumerate(("as it is", "moved uphill"))
    ]
    return Picture(says, axes.drawn())


def _smoothed(says: str) -> Picture:
    axes = Axes((0, 3), (0, 1), ("class", "target of a row of class 2"))
    for hue, strength in enumerate((0.0, 0.1, 0.3), start=1):
        target = REGULARIZERS["label_smoothing"].targets(jnp.array([[0.0, 1.0, 0.0]]), strength, _about(1))[0]
        corners = np.repeat(np.arange(4), 2)[1:-1]
        axes.curve(corners, np.repeat(np.asarray(target), 2), f"strength {strength:g}", hue)
    return Picture(says, axes.drawn())


# trajectory

STEPS, AN_EPOCH = 200, 10


def _remembered(name: str, strengths: Sequence[float], says: str, words: str, *, goes_on: bool) -> Picture:
    """Follow a weight that noisy steps bring from 2 to 0; with `goes_on`, it goes on from what is remembered."""
    noise = np.random.default_rng(3).normal(0, 0.6, STEPS)
    axes, steps = Axes((0, STEPS), (-1, 2), ("steps", "a weight")), range(0, STEPS, 2)
    axes.curve(steps, _walk(name, 0.0, noise, goes_on=True)[1][::2], "without", 0)
    for hue, strength in enumerate(strengths, start=1):
        memory, weights = _walk(name, strength, noise, goes_on=goes_on)
        axes.curve(steps, (weights if goes_on else memory)[::2], f"{words} {strength:g}", hue)
    return Picture(says, axes.drawn())


def _walk(name: str, strength: float, noise: Any, *, goes_on: bool) -> tuple[list[float], list[float]]:
    remember = jax.jit(REGULARIZERS[name].remember)
    weight = memory = jnp.float32(2.0)
    memories, weights = [], []
    for step in range(STEPS):
        weight = weight - 0.1 * (weight + noise[step])
        clock = Clock(step, step // AN_EPOCH, (step + 1) % AN_EPOCH == 0)
        if strength:
            memory, following = remember(memory, weight, strength, clock)
            weight = following if goes_on else weight
        memories.append(float(memory))
        weights.append(float(weight))
    return memories, weights


def _rates(says: str) -> Picture:
    epochs = np.arange(0, 101, 2)
    axes = Axes((0, 100), (0, 1), ("epoch", "learning rate, over that at the start"))
    for hue, strength in enumerate((0.001, 0.02, 0.2), start=1):
        factor = REGULARIZERS["learning_rate_decay"].factor
        axes.curve(epochs, [float(factor(float(e), strength)) for e in epochs], f"strength {strength:g}", hue)
    return Picture(says, axes.drawn())


def _scheduled(says: str) -> Picture:
    axes = Axes((0, 100), (0, 1), ("epoch, of at most 100", "strength, over the one that is searched"))
    epochs = np.arange(101)
    for hue, (name, shape) in enumerate(SCHEDULES.items(), start=1):
        axes.curve(
            epochs,
            [float(factor(Schedule(100, shape.warmup, shape.flat), epoch)) for epoch in epochs],
            f"dropout:{name}",
            hue,
        )
    return Picture(says, axes.drawn())


def _paired(says: str) -> Picture:
    bits = jnp.sort(_bits((41, 1)), axis=0)
    axes = Axes((1, 41), (0, 2), ("41 rows, in the order of their draw", "what a branch of 1 adds"))
    for hue, (name, own) in enumerate((("one branch", bits), ("the other", ~bits)), start=1):
        added = REGULARIZERS["shake_shake"].apply(jnp.ones((41, 1)), 0.8, own)[:, 0]
        axes.curve(np.arange(1, 42), np.asarray(added), name, hue)
    return Picture(says, axes.drawn())


def _by_the_batch(says: str) -> Picture:
    """Normalize 4,096 batches of 32 at once: each is a unit of the layer, and the first row is 1 in all."""
    others = jax.random.normal(KEY, (32, DRAWS))
    x = others.at[0].set(1.0)
    normalized = REGULARIZERS["batch_norm"].layer("drawn")(x, training=True)[0]
    return _becomes(says, "a 1 among standard normal numbers", normalized, (-0.5, 2.5), 0.2, "batches of 32")


def _sized(says: str) -> Picture:
    sizes = np.linspace(0, 4, 41)
    row = np.array([2.0, -1.0, 0.5, -1.5], "float32") / np.sqrt(7.5)
    out = np.asarray(REGULARIZERS["layer_norm"].layer("drawn")(sizes[:, None].astype("float32") * row))
    axes = Axes((0, 4), (0, 4), ("norm of a row of 4", "norm behind the layer"))
    axes.curve(sizes, sizes, "without", 0)
    axes.curve(sizes, np.linalg.norm(out, axis=1), "layer_norm", 1)
    return Picture(says, axes.drawn())


def pictures() -> dict[str, Picture]:
    """Draw all of them, by the name of the regularizer; and `schedules`."""
    ones, one = jnp.ones(DRAWS), jnp.ones((DRAWS, 1))
    bits = _bits((DRAWS,))
    r: dict[str, Any] = dict(REGULARIZERS)
    spread = jnp.tile(jnp.array([-1.0, 1.0]), DRAWS // 2)
    return {
        "l1": _held("l1", (0.3, 0.8), SAYS["l1"]),
        "l2": _held("l2", (0.2, 1.0), SAYS["l2"]),
        "dropout": _becomes(
            SAYS["dropout"], "an activation of 1", r["dropout"].apply(ones, 0.3, bits), (-0.5, 2.5), 1, "rate 0.3"
        ),
        "weight_decay": _left_alone("weight_decay", SAYS["weight_decay"], (0.1, 0.5, 1.0), 1.0),
        "proximal_l1": _left_alone("proximal_l1", SAYS["proximal_l1"], (0.1, 0.5, 1.0), 0.5),
        "group_lasso_inputs": _left_alone(
            "group_lasso_inputs", SAYS["group_lasso_inputs"], (0.1, 0.5, 1.0), jnp.full((1, 4), 0.5), norm=True
        ),
        "group_lasso_units": _left_alone(
            "group_lasso_units", SAYS["group_lasso_units"], (0.1, 0.5, 1.0), jnp.full((4, 1), 0.5), norm=True
        ),
        "max_norm": _limited(SAYS["max_norm"], "a unit's weights", _max_norm, (0.5, 1.0)),
        "orthogonal": _orthogonal(SAYS["orthogonal"]),
        "gaussian_dropout": _becomes(
            SAYS["gaussian_dropout"],
            "an activation of 1",
            r["gaussian_dropout"].apply(ones, 0.3, bits),
            (-1.5, 3.5),
            0.2,
            "rate 0.3",
        ),
        "gaussian_noise": _becomes(
            SAYS["gaussian_noise"],
            "an activation of 1",
            r["gaussian_noise"].apply(ones, 0.3, bits),
            (-1.5, 3.5),
            0.3,
            "strength 0.3",
        ),
        "alpha_dropout": _becomes(
            SAYS["alpha_dropout"],
            "an activation of 1",
            r["alpha_dropout"].apply(ones, 0.3, bits),
            (-2.5, 2.5),
            1,
            "rate 0.3",
        ),
        "activity_l1": _held("activity_l1", (0.3, 0.8), SAYS["activity_l1"], "activation"),
        "activity_l2": _held("activity_l2", (0.2, 1.0), SAYS["activity_l2"], "activation"),
        "dropconnect": _becomes(
            SAYS["dropconnect"],
            "a weight of 1",
            r["dropconnect"].perturbed(ones, 0.3, bits),
            (-0.5, 2.5),
            1,
            "rate 0.3",
        ),
        "weight_noise": _becomes(
            SAYS["weight_noise"],
            "a weight as large as the spread",
            r["weight_noise"].perturbed(spread, 0.3, bits)[1::2],
            (-1.5, 3.5),
            0.3,
            "strength 0.3",
        ),
        "stochastic_depth": _left_out(SAYS["stochastic_depth"]),
        "shake_drop": _becomes(
            SAYS["shake_drop"],
            "a branch that adds 1",
            r["shake_drop"].apply(one, 0.3, _bits((DRAWS, 1))),
            (-2.0, 2.0),
            1,
            "rate 0.3",
        ),
        "shake_shake": _paired(SAYS["shake_shake"]),
        "batch_norm": _by_the_batch(SAYS["batch_norm"]),
        "layer_norm": _sized(SAYS["layer_norm"]),
        "input_dropout": _masked("input_dropout", 0.3, SAYS["input_dropout"]),
        "input_noise": _becomes(
            SAYS["input_noise"],
            "a cell of 1",
            r["input_noise"].rows(one, one, 0.3, _about(1))[0],
            (-1.5, 3.5),
            0.3,
            "strength 0.3",
        ),
        "mixup": _mixup(SAYS["mixup"]),
        "cutmix": _cutmix(SAYS["cutmix"]),
        "cutout": _masked("cutout", 0.3, SAYS["cutout"]),
        "adversarial": _adversarial(SAYS["adversarial"]),
        "target_noise": _becomes(
            SAYS["target_noise"],
            "a target of 1",
            r["target_noise"].targets(one, 0.3, _about(1)),
            (-1.5, 3.5),
            0.3,
            "strength 0.3",
        ),
        "label_smoothing": _smoothed(SAYS["label_smoothing"]),
        "lookahead": _remembered("lookahead", (0.4, 0.8), SAYS["lookahead"], "strength", goes_on=True),
        "ema": _remembered("ema", (10.0, 40.0), SAYS["ema"], "strength", goes_on=False),
        "swa": _remembered("swa", (0.2, 1.0), SAYS["swa"], "strength", goes_on=False),
        "gradient_clipping": _limited(SAYS["gradient_clipping"], "the gradient", _clipped, (0.5, 1.0)),
        "learning_rate_decay": _rates(SAYS["learning_rate_decay"]),
        "schedules": _scheduled(SAYS["schedules"]),
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures().items():
        (FOLDER / f"{name}.svg").write_text(svg(picture, name), encoding="utf-8")
