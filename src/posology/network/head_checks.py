"""Do the outputs of a network and their losses fit the target? Each refusal says what to write."""

from typing import Any

import keras
import numpy as np

from posology.errors import InputError
from posology.network.heads import FOR_CLASSES, SPARSE, Head, ends_with_softmax, head_of, loss_name
from posology.network.inputs import split_columns
from posology.network.losses import OutputLoss, losses_of
from posology.network.outputs import output_names

FOR_NUMBERS = (
    "mean_squared_error", "MeanSquaredError", "mean_absolute_error", "MeanAbsoluteError",
    "mean_absolute_percentage_error", "MeanAbsolutePercentageError", "mean_squared_logarithmic_error",
    "MeanSquaredLogarithmicError", "huber", "Huber", "log_cosh", "LogCosh", "poisson", "Poisson",
    "cosine_similarity", "CosineSimilarity",
)  # fmt: skip

ROWS = 32
NEAR = 1e-3


def check_outputs(model: Any, name: str, classes: int, targets: int = 1) -> None:
    """Check the shapes of a network's outputs.

    Parameters
    ----------
    model : keras.Model
        Built.
    name : str
        Of the network, for messages.
    classes : int
        Of the target; 0 where it is a number.
    targets : int
        Numbers or, where there are classes, labels; an output has one for each.

    Raises
    ------
    InputError
        Another number of outputs than the target needs.
    """
    outputs = [tuple(t.shape[1:]) for t in model.outputs]
    right = [(targets,)] if not classes or targets > 1 else [(classes,), *([(1,)] if classes == 2 else [])]
    if all(shape in right for shape in outputs):
        return
    got = f"{name} gave a model with outputs of shape {', '.join(map(str, outputs))}; "
    if targets > 1 and classes:
        raise InputError(f"{got}{targets} labels need {targets} probabilities a row. {_end_with(classes, targets)}")
    if targets > 1:
        end = f"End it with Dense({targets})"
        join = ", or join its outputs: keras.layers.Concatenate()([...])" if len(outputs) > 1 else ""
        raise InputError(f"{got}{targets} targets need {targets} numbers a row in one output. {end}{join}.")
    if len(outputs) > 1 and any(shape in right for shape in outputs):
        named = zip(output_names(model), outputs, strict=True)
        others = ", ".join(f"'{path}'" for path, shape in named if shape not in right)
        raise InputError(
            f"{got}all learn the target, and {others} cannot. Leave it out of keras.Model(inputs, outputs); what it "
            "learns beside the target may be a layer of your own that calls add_loss()."
        )
    if not classes:
        several = ", or name a target for each output" if outputs[0] != (1,) and len(outputs[0]) == 1 else ""
        raise InputError(f"{got}a regression needs one number a row. End it with Dense(1){several}.")
    raise InputError(f"{got}the target has {classes} classes. {_end_with(classes)}")


def _end_with(classes: int, targets: int = 1) -> str:
    two = f"Dense({targets}, activation='sigmoid') and compile with loss='binary_crossentropy'"
    more = f"Dense({classes}, activation='softmax') and compile with loss='sparse_categorical_crossentropy'"
    return f"End it with {two if classes == 2 else more}."


def check_losses(model: Any, name: str, classes: int, losses: tuple[OutputLoss, ...], targets: int = 1) -> None:
    """Check that the losses are for such a target.

    Raises
    ------
    InputError
        One is for numbers where there are classes, or the other way round.
    """
    for loss, tensor in zip(losses, model.outputs, strict=True):
        if loss.weight:
            _check_loss(loss_name(loss.loss), name, classes, int(tensor.shape[-1]), targets)
    if ends_with_softmax(model):
        _check_softmax(int(model.outputs[-1].shape[-1]), name, classes)


def check_scales(model: Any, name: str, classes: int, targets: int = 1) -> None:
    """Run a network once, to see that its outputs are what the losses of classes take: probabilities or logits.

    Parameters
    ----------
    model : keras.Model
        One that `check_model` passed; left untouched.
    name : str
        Of the network, for messages.
    classes : int
        Of the target; where it is a number (0) there is nothing to see.
    targets : int
        With classes, labels.

    Raises
    ------
    InputError
        One is not: the text says what to write.
    """
    if not classes:
        return
    for output, loss, path in zip(_run(model), losses_of(model), output_names(model), strict=True):
        finite = output[np.isfinite(output).all(axis=1)]
        if loss.weight and len(finite):
            _check_scale(finite, head_of(loss, classes, targets), loss, name, path)


def _check_loss(loss: str, name: str, classes: int, width: int, targets: int) -> None:
    if not classes and loss in FOR_CLASSES:
        raise InputError(
            f"{name} is compiled with the loss {loss}, which is for classes, and the target is numbers. Compile with "
            "loss='mse'; or, if the numbers are names of classes, use --task classification (in Python: "
            "task='classification')."
        )
    if classes and loss in FOR_NUMBERS:
        raise InputError(
            f"{name} is compiled with the loss {loss}, which is for numbers, and the target has {classes} classes. "
            f"{_end_with(classes, targets)}"
        )
    if classes and targets > 1 and (loss in SPARSE or loss.lower().startswith("categorical")):
        raise InputError(
            f"{name} is compiled with the loss {loss}, which is for one class a row, and a row may have any of "
            f"{targets} labels. {_end_with(classes, targets)}"
        )
    if classes and width == 1 and (loss in SPARSE or loss.lower().startswith("categorical")):
        raise InputError(
            f"{name} is compiled with the loss {loss}, which takes an output for each class, and has one output. "
            f"{_end_with(classes)}"
        )


def _check_softmax(width: int, name: str, classes: int) -> None:
    """Check that a softmax is over classes, and over more than one output."""
    such = "one output, which is always 1" if width == 1 else f"{width} outputs, whose sum is always 1"
    if classes and width == 1:
        raise InputError(f"{name} ends with a softmax over {such}. {_end_with(classes)}")
    if not classes:
        number = "a number" if width == 1 else "numbers"
        raise InputError(
            f"{name} ends with a softmax over {such}. For {number} end it with Dense({width}); for classes name the "
            "task: --task classification (in Python: task='classification')."
        )


def _run(model: Any) -> list[np.ndarray]:
    """Run a model on random rows with random weights and their opposites: an output that can leave [0, 1] does so."""
    random = np.random.default_rng(0)
    width = sum(int(np.prod([side or 1 for side in t.shape[1:]])) for t in model.inputs)
    x = split_columns(model, random.uniform(0, 2, (ROWS, width)).astype("float32"))
    noise = [random.normal(0, 1, v.shape).astype("float32") for v in model.trainable_variables]
    runs = []
    for sign in (1, -1):
        weights = [np.asarray(v) + sign * n for v, n in zip(model.trainable_variables, noise, strict=True)]
        outputs, _ = model.stateless_call(weights, model.non_trainable_variables, x, training=False)
        runs.append([np.asarray(part) for part in keras.tree.flatten(outputs)])
    return [np.concatenate(parts) for parts in zip(*runs, strict=True)]


def _check_scale(output: np.ndarray, head: Head, loss: OutputLoss, name: str, path: str) -> None:
    apart = output.shape[-1] == 1 or bool(head.labels)
    are, which = _are_probabilities(output, apart=apart), f"output '{path}'" if path else "output"
    kind = "sigmoid" if apart else "softmax"
    if head.labels and _are_probabilities(output, apart=False):
        raise InputError(
            f"{name} has an {which} whose {head.labels} probabilities add up to 1, and labels do not exclude one "
            "another. Give the last layer activation='sigmoid'."
        )
    if head.logits and are:
        raise InputError(
            f"{name} is compiled with from_logits=True, but its {which} gives probabilities already. Leave out "
            f"from_logits, or the activation {kind}."
        )
    if not head.logits and not are:
        raise InputError(
            f"{name} has an {which} that is not probabilities ({_seen(output, apart=apart)}), and its loss "
            f"{loss_name(loss.loss)} is not told that it takes logits. Give the last layer activation='{kind}', or "
            f"compile with {_with_logits(apart=apart)}."
        )


def _are_probabilities(output: np.ndarray, *, apart: bool) -> bool:
    """Tell probabilities: each apart from the others, or of classes, whose sum is 1."""
    within = bool(((output >= -NEAR) & (output <= 1 + NEAR)).all())
    return within and (apart or bool(np.allclose(output.sum(axis=1), 1, atol=NEAR)))


def _seen(output: np.ndarray, *, apart: bool) -> str:
    row = next(row for row in output if not _are_probabilities(row[None], apart=apart))
    return "such as " + ", ".join(f"{number:.3g}" for number in row[:4])


def _with_logits(*, apart: bool) -> str:
    loss = "BinaryCrossentropy" if apart else "SparseCategoricalCrossentropy"
    return f"keras.losses.{loss}(from_logits=True)"
