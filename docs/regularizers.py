"""Write docs/regularizers.md from the classes: `python docs/regularizers.py`. A test says when it was forgotten."""

import inspect
import re
from html import unescape
from pathlib import Path

from posology.regularizers import HOOKS, OWN, Place, Regularizer

PAGE = Path(__file__).with_suffix(".md")

TOP = """\
# The cabinet

Every regularizer that a study can have, from the docstrings of its class (`python docs/regularizers.py` writes this
page). Name them in `--arms`: `--arms mixup,dropout` is every subset of the two, `--arms "none; weight_decay;
weight_decay+mixup"` just those arms. Every arm is tuned with the same number of trials, a combined arm starts from
what its parts found, and strength zero is the identity, bit for bit. `--range NAME=LOW:HIGH` searches another range.
A study first sees on a few rows that each acts on your network, and ends there when one does not.
The pictures are drawn by the code that trains (`python docs/regularizer_pictures.py`).

{table}

Strengths of penalties belong to a standardised target, where it is a number. Inputs are the prepared columns: numbers
with a standard deviation of about 1, 0 or 1 for the levels of a category, or the number of a level where an Embedding
reads it.

Settings of your own network stay as they are in every arm. Where one does the same as a regularizer that is studied,
such as `AdamW(weight_decay=...)`, `use_ema`, `clipnorm`, a constraint, `label_smoothing`, the study is refused and
says which.

**What you get.** `model.keras` is your own network, trained with the prescription; it predicts the same whatever
Keras has a name for. Penalties, constraints and layers of the prescription are in it, and arguments of the optimizer
and the loss where it is compiled, so that Keras can go on training it. Two things are not: weight decay that is kept
from biases (`exclude_from_weight_decay` is in no configuration of Keras), and everything that is marked "by hand"
below. The lines of the prescription name them. `posology export --to code` writes a diff for L1, L2, dropout and
stochastic depth, and these lines for all others.

**Schedules.** `dropout:decay` and `dropout:warmup` are arms of their own, for every regularizer whose strength is not
about the whole of a training already (lookahead, ema, swa, learning_rate_decay): `--arms "none; dropout;
dropout:decay"` compares constant with scheduled, and `--arms dropout,dropout:decay,l2` every subset that has one of
them at most. The strength that is searched is multiplied, epoch by epoch: decay is 1 for half of `--epochs`, then half
a cosine to 0 at their end (flat-cosine, as RealMLP has it: Holzmueller et al. 2024, arXiv:2407.04491); warm-up rises
from 0 in the first quarter. The clock is that of `--epochs`, not of early stopping, whose end is not known beforehand:
with 200 epochs and trainings that stop at 60 a decay has not begun. Give `--epochs` what trainings come near to, or
`--epochs 60 --no-early-stopping`. A refit keeps the clock that tuning had. A schedule costs nothing and compiles
nothing. `model.keras` predicts the same; that the strength was scheduled is no part of any Keras model, and stands in
the lines of the prescription.

{schedules}

**Shapes over depth.** `dropout:falling` and `dropout:rising`, for every regularizer of weights and activations: the
strength that is searched is that of the first, or the last, of n places, and those of the others fall in equal steps
to 1/n of it. They are strengths like any other in `model.keras` and in the lines. `--per-layer` searches every layer's
own instead.

**Layers that are there or not.** `batch_norm` and `layer_norm` have no strength to search: alone, such an arm spends
its trainings as `none` does, on the number of epochs; beside others, their strengths are searched with the layer, and a
trial without it is among them. Arms with the layer train your network with the layer in it, as Keras would, in a
program of its own; arms without it, and trials in which it is off, train your network as it is, to the last bit.
A Dense with an `activity_regularizer` gets none: the penalty would act on what the layer scales away.

**L2 beside weight decay** shrinks the same weights twice. Under SGD the two are one penalty; under Adam they differ by
the scaling of each weight's step alone. An arm may have both, and the study warns.

**What is not here.** A snapshot ensemble (Huang et al. 2017, arXiv:1704.00109) averages the predictions of networks
that one training passes, at the ends of cycles of its learning rate: what it gives is no network, but several. An
average of networks gains by itself (the lever `average` of every report says how much), so that beside arms of one
network it would win by being several. A study is about one network in every arm, or, with `--ensemble N`, about the
average of N in every arm. What of it is one network is here: `swa` averages the weights of the last epochs, which
Izmailov et al. 2018 put in the place of snapshots.

Nor are these, each for its reason. Early stopping is in every arm alike; what it gains is a lever of every report
("all 200 epochs"). Group lasso as a term of the loss has the same minimum as the proximal step that is here, and steps
along its subgradient reach none of its zeros. Rates of input dropout that are learned, one a column (variational
dropout, Kingma et al. 2015, arXiv:1506.02557), would be weights, not strengths. Skip connections are your network's
own: what acts on residual branches acts where there are some, and an arm does not build them.

**Mixes of many** are searched by `--cocktail` ([cocktails.md](cocktails.md)).

**Cost.** A program has only what its arms need, and packs of arms that need the same are trained together: an arm
pays for no other arm's regularizers ([performance.md](performance.md)).
"""

THIRD = """\
## Your own

A subclass of `posology.regularizers.Regularizer` with these attributes and the hook of its place, in any distribution
that has an entry point in the group `posology.regularizers`:

| place | sites | hook |
|---|---|---|
{hooks}

Hooks are functions of JAX arrays, called once while a program is compiled; strengths are traced numbers. `batch` and
`clock` are `posology.regularizers.Batch` and `Clock`. Shapes stay, and at strength zero what comes out is what went
in.

```toml
[project.entry-points."posology.regularizers"]
cubic = "my_package:Cubic"
```

`posology.testing.check_regularizer(Cubic)` checks what a study relies on: range, docstring, identity at zero,
liveness, finite numbers, the gradient, agreement with the class of Keras that it names, and a few steps of a real
training. Of a layer (`NORMS`), which has no strength
of zero, it checks what this stands for: a switch, a new stock layer at every call, the one that `keras` names, of the
same shape, that predicts each row by itself, and networks made after it train as those made before. It is then a name
for `--arms` like every other.
"""

RETURNS = {
    Place.WEIGHTS_LOSS: "what is added to the gradient",
    Place.WEIGHTS_FORWARD: "the weights that a step is computed with",
    Place.WEIGHTS_BEFORE: "the weights",
    Place.WEIGHTS_AFTER: "the weights",
    Place.ACTIVATIONS: "the activations, while training",
    Place.ACTIVITY: "what is added to the loss",
    Place.BRANCHES: "what the branch adds, while training",
    Place.PAIRS: "what one branch of a pair adds, while training; the other is given the complement of the bits",
    Place.NORMS: "a stock layer of Keras, which has weights of its own",
    Place.INPUTS: "rows and targets of the batch",
    Place.TARGETS: "targets of the batch",
    Place.GRADIENT: "the gradient, a tuple of arrays",
    Place.RATE: "a factor of the learning rate",
    Place.MEMORY: "what is remembered, and the weights to go on with",
}
SITES = {
    "kernel": "each kernel",
    "dropout": "each Dropout layer, or behind each hidden activation",
    "branch": "the end of each residual branch",
    "pair": "each pair of residual branches side by side",
    "norm": "each hidden Dense without a normalization behind it",
    "input": "one, all inputs",
    "target": "one",
    "training": "one",
}


def page() -> str:
    """Give the text of the page."""
    table = ["| name | acts on | strength | range | in Keras |", "|---|---|---|---|---|", *map(_row, OWN)]
    parts = [
        TOP.format(table="\n".join(table), schedules=picture("schedules")),
        *map(_section, OWN),
        THIRD.format(hooks="\n".join(map(_hook, Place))),
    ]
    return "\n".join(parts)


def _row(r: Regularizer) -> str:
    s = r.strength
    range_ = "on or off" if s.is_switch else f"{s.low:g} to {s.high:g}, {s.scale}"
    return f"| [`{r.name}`](#{r.name}) | {r.place.value} | {_cell(s.unit)} | {range_} | {_cell(_keras(r))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _keras(r: Regularizer) -> str:
    form = r.keras
    if form is None:
        return "by hand"
    more = f"{form.value(1.0):g}" if r.strength.is_switch else ""
    more += "".join(f", {k}={v!r}" for k, v in form.more.items())
    more += ", noise_shape=(None, 1)" if r.place is Place.BRANCHES else ""
    room = {"penalty": "regularizers", "constraint": "constraints", "layer": "layers"}.get(form.part)
    return f"`{room}.{form.name}({form.argument}={more})`" if room else f"`{form.argument}{more}` of the {form.part}"


def _section(r: Regularizer) -> str:
    text = inspect.cleandoc(type(r).__doc__ or "").partition("Examples\n---")[0]
    paragraphs = [" ".join(p.split()) for p in text.split("\n\n")]
    notes = []
    if r.target:
        notes.append(f"For a target that is {'classes' if r.target == 'classes' else 'a number'} only.")
    if r.measures:
        notes.append("Not for networks with inputs that are numbers of categories.")
    if r.excludes:
        notes.append(f"Not in one arm with {', '.join(f'`{name}`' for name in r.excludes)}.")
    if r.by_hand and r.keras is None:
        notes.append(f"By hand: `{r.by_hand.format(strength=r.strength.high)}`.")
    said = [p for p in (*paragraphs, " ".join(notes)) if p]
    said.insert(1, picture(r.name))
    return f"## {r.name}\n\n" + "\n\n".join(said) + "\n"


def picture(name: str) -> str:
    """Show a picture of `regularizer_pictures.py`; what it says in the file stands for it where it is not seen."""
    said = re.search("<desc>(.*)</desc>", (PAGE.with_suffix("") / f"{name}.svg").read_text(encoding="utf-8"))
    assert said is not None
    return f"![{unescape(said[1])}](regularizers/{name}.svg)"


def _hook(place: Place) -> str:
    example = next(r for r in OWN if r.place is place)
    arguments = list(inspect.signature(getattr(type(example), HOOKS[place])).parameters)[1:]
    usual = {"rate", "alpha", "deviation"}
    names = arguments if "strength" in arguments else ["strength" if a in usual else a for a in arguments]
    call = f"{HOOKS[place]}({', '.join(names)})"
    return f"| `{place.name}`: {place.value} | {SITES[place.kind]} | `{call}`: {RETURNS[place]} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
