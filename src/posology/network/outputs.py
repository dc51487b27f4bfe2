"""The outputs of a network: all are trained on the target, and the first is what is scored and predicted.

A second output is an auxiliary one, as in deep supervision (Szegedy et al. 2015, arXiv:1409.4842).
"""

from typing import Any

import keras


def scored_output(model: Any) -> int:
    """Give the place, among `model.outputs`, of the output that is scored: the first as the user wrote them.

    Keras flattens a dictionary of outputs by sorted keys, but keeps the dictionary as it was written.
    """
    if isinstance(model, keras.Sequential) or not isinstance(model.output, dict):
        return 0
    return sorted(model.output).index(next(iter(model.output)))


def output_names(model: Any) -> list[str]:
    """Name the outputs, in the order of `model.outputs`, as `compile` does: by the keys of a dictionary."""
    if isinstance(model, keras.Sequential):
        return [""]
    return sorted(model.output) if isinstance(model.output, dict) else list(model.output_names)


def notes_on_outputs(model: Any) -> tuple[str, ...]:
    """Say what the outputs of a network with several are for."""
    names = output_names(model)
    scored = names[scored_output(model)]
    others = [f"'{name}'" for name in names if name != scored]
    verb = "learns" if len(others) == 1 else "learn"
    return (f"Output '{scored}' is scored; {', '.join(others)} {verb} the same target beside it.",) if others else ()
