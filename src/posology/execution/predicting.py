"""Predict new rows with the network and the preparation that a finished study left in its folder.

Runs where Keras is: in a worker for the command, in the user's own process for `StudyResult.predict`.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from posology.errors import InputError
from posology.network.source import NetworkSource, defined_in
from posology.outcome_files import changed_network, lacks_classes, not_finished
from posology.study_json import read_settings
from posology.table import Classes, Layout, Preparation, features_of, read_frame
from posology.wording import resume_command


def finished(folder: Path) -> Path:
    """Give the path of a finished study's model.

    Raises
    ------
    InputError
        The folder has none, or a damaged one.
    """
    path = folder / "model.keras"
    if not folder.is_dir():
        raise InputError(f"The folder '{folder}' is gone. An estimator keeps it where it is given one: folder='...'.")
    if not path.is_file():
        raise InputError(not_finished(folder, "model.keras"))
    if not zipfile.is_zipfile(path):
        raise InputError(f"'{path}' is cut off or damaged. Write it again: {resume_command(folder)}")
    if lacks_classes(folder):
        raise InputError(
            f"The folder '{folder}' has no classes.json, which names its classes. Write it again: "
            f"{resume_command(folder)}"
        )
    if names := changed_network(folder):
        raise InputError(
            f"'{folder / names[0]}' is damaged, or was changed after the study wrote it. Write it again: "
            f"{resume_command(folder)}"
        )
    return path


def predict_frame(folder: Path, frame: Any) -> tuple[Float[np.ndarray, "row *class"], tuple[str, ...]]:
    """Predict the rows of a pandas frame.

    Returns
    -------
    predictions : array (row,), (row, target) or (row, class)
        In the unit of the target, or of each of several, or the probability of each class.
    notes : tuple of str
        What about the new rows is worth saying: ignored columns, unseen levels.

    Raises
    ------
    InputError
        The folder has no finished prescription, or the frame lacks columns.
    """
    import keras

    from posology.network.heads import bounded, head_of_names
    from posology.network.inputs import split_columns
    from posology.network.outputs import scored_output

    path = finished(folder)
    preparation = Preparation.load(folder)
    features, notes = features_of(frame, preparation)
    model = load_network(path)
    x = split_columns(model, Layout.load(folder).matrix(preparation, features))
    scored = keras.tree.flatten(model.predict(x, verbose=0))[scored_output(model)]
    if (classes := Classes.load(folder)) is not None:
        head = head_of_names(len(classes.names), logits=classes.logits, labels=classes.labels)
        return bounded(head.probabilities(scored)), notes
    z = np.asarray(scored, float)
    return preparation.target_from_network(z[:, 0] if z.shape[1] == 1 else z), notes


def load_network(path: Path) -> Any:
    """Load a study's model without its optimizer and loss, which may be the user's own and predict nothing."""
    import keras

    try:
        return keras.models.load_model(path, compile=False)
    except (TypeError, ValueError):
        # layers of the user's own are known to the network file alone
        held = read_settings(path.parent)
        source = NetworkSource(**held["settings"]["source"])
        if source.kind == "file" and source.fingerprint() != held.get("network"):
            raise InputError(
                f"The network has layers of its own, and the file that has them, '{source.where}', is not the one that "
                "the study ran: its content, or that of a file beside it that it imports, differs. It was not run. Put "
                "the old one back."
            ) from None
        return keras.models.load_model(path, defined_in(source), compile=False)


def predict_file(
    folder: Path, path: Path, target: str | list[str]
) -> tuple[Float[np.ndarray, "row *class"], tuple[str, ...]]:
    """Predict the rows of a table on disk; a column of a target's name is not looked at."""
    finished(folder)
    text_columns = Preparation.load(folder).text_columns
    return predict_frame(folder, read_frame(path, text=text_columns).drop(columns=target, errors="ignore"))
