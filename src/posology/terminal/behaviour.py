"""How the networks of each arm behave, in the terminal: one table, one level of each damage."""

from collections.abc import Sequence

from posology.behaviour import Behaviour, Withstood
from posology.console import Terminal, plain_table
from posology.plan.looks import NEAR_ZERO

SHOWN = 0.25
"""The level of each damage; the others are in JSON and `result.robustness()`."""


def print_behaviour(console: Terminal, behaviour: Behaviour, arms: Sequence[str], unit: str) -> None:
    """Print what the networks of each arm withstand, their weights, and who over- or underfits."""
    kinds = [kind for kind in HEADS if any(w.kind == kind for w in behaviour.robustness)]
    table = plain_table()
    table.add_column("arm", no_wrap=True)
    for head in (*(HEADS[kind] for kind in kinds), "weights'\nnorm", "largest\nweight", "near\nzero", "exactly\nzero"):
        table.add_column(head, justify="right")
    for arm in arms:
        table.add_row(arm, *(_drop(behaviour.robustness, arm, kind) for kind in kinds), *_weights(behaviour, arm))
    console.print(table)
    console.print(
        f"Drop of {unit} on held-out rows under noise of {SHOWN:g} of a column's standard deviation, with {SHOWN:.0%} "
        f"of the cells set to the column's mean, with {SHOWN:.0%} of the hidden units set to zero; ± is the standard "
        f"error over fits. Near zero: below {NEAR_ZERO:g}.",
    )
    for line in filter(None, (one.sentence(unit) for one in behaviour.fitting)):
        console.print(line)
    console.print()


HEADS = {"noise": "drop under\nnoise", "missing": "missing\ncells", "units": "missing\nunits"}


def _drop(found: Sequence[Withstood], arm: str, kind: str) -> str:
    one = next(w for w in found if (w.arm, w.kind, w.level) == (arm, kind, SHOWN))
    return f"{one.drop:.4f} ±{one.drop_se:.4f}"


def _weights(behaviour: Behaviour, arm: str) -> list[str]:
    """Sum up all arrays of an arm; shares are those of the mean array."""
    own = [w for w in behaviour.weights if w.arm == arm]
    norm = sum(w.norm**2 for w in own) ** 0.5
    near, zero = (sum(getattr(w, name) for w in own) / len(own) for name in ("near_zero", "zero"))
    return [f"{norm:.2f}", f"{max(w.largest for w in own):.2f}", f"{near:.1%}", f"{zero:.1%}"]
