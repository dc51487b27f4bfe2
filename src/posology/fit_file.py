"""The arguments of `model.fit` that stand in a user's file, read in a worker of its own: `--fit net.py:FIT`."""

from posology.class_weights import class_weight_from_json
from posology.execution import one_worker
from posology.network import parse_source
from posology.plan import Callbacks, FitArguments


def fit_arguments_in(text: str) -> FitArguments:
    """Read `FILE.py:NAME`, a dictionary, or a function that gives one.

    Raises
    ------
    InputError
        No such file or name, or arguments that cannot be taken over.
    """
    source = parse_source(text, "--fit", "NAME")
    with one_worker() as worker:
        reply, _ = worker.ask({"do": "fit", "source": source.to_dict()})
    found = reply["fit"]
    parts = {
        "callbacks": Callbacks(**found["callbacks"]),
        "notes": tuple(found["notes"]),
        "class_weight": class_weight_from_json(found["class_weight"]),
    }
    return FitArguments(**{**found, **parts})
