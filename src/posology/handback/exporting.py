"""Hand back a finished study: the network, its ONNX form, or the lines of code. Keras runs in a worker of its own."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.execution import one_worker
from posology.execution.predicting import finished
from posology.handback.bundle import write_bundle
from posology.handback.by_hand import by_hand, commented
from posology.handback.readme import readme
from posology.handback.units import comments
from posology.outcome_files import read_of_its_end
from posology.study_json import read_settings
from posology.table import Classes, Layout, Preparation
from posology.wording import did_you_mean

KINDS = ("keras", "code", "onnx", "bundle")
_ONNX_PACKAGES = ("jax2onnx", "onnxruntime")


@dataclass(frozen=True)
class Exported:
    """What was handed back.

    Parameters
    ----------
    to : str
        "keras", "code", "onnx" or "bundle".
    place : str
        Folder or file that was written; empty where code is only shown.
    files : tuple of str
        Names of the files in the folder.
    code : str
        The prescription as code, for "code".
    """

    to: str
    place: str = ""
    files: tuple[str, ...] = ()
    code: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON types."""
        return {**asdict(self), "files": list(self.files)}


def export(folder: Path, to: str, place: Path | None = None, *, embed_preprocessing: bool = False) -> Exported:
    """Hand back a finished study.

    Parameters
    ----------
    folder : Path
        The study's.
    to : str
        "keras" for the network and its preparation in a folder that runs without posology, "onnx" for the same as
        ONNX, "code" for the prescription in the user's own file, "bundle" for one file that `posology predict` takes.
    place : Path, optional
        The folder to write, absent or empty; for code and a bundle a new file. By default NAME_keras, NAME_onnx or
        NAME.bundle here, for a study NAME.posology; code is only returned.
    embed_preprocessing : bool
        Put the preparation into the model, which then takes the columns as they are.

    Raises
    ------
    InputError
        The study is not finished, the place is taken, packages are not installed, or the network cannot be written.
    """
    _check(to, embed_preprocessing=embed_preprocessing)
    read_settings(folder)
    finished(folder)
    if to == "code":
        return _export_code(folder, place)
    name = folder.resolve().name.removesuffix(".posology")
    if to == "bundle":
        place = place or Path(f"{name}.bundle")
        write_bundle(folder, place)
        return Exported(to, str(place))
    place = place or Path(f"{name}_{to}")
    Preparation.load(folder), Layout.load(folder)  # a damaged one is told before anything is written
    with _new_folder(place) as aside:
        if to == "onnx" or embed_preprocessing:
            _ask({"do": "export", **_where(folder, aside), "to": to, "embedded": embed_preprocessing})
        else:
            shutil.copyfile(folder / "model.keras", aside / "model.keras")
            if classes := Classes.load(folder):
                classes.save(aside)
        _add_the_rest(folder, to, aside, embedded=embed_preprocessing)
        files = tuple(sorted(path.name for path in aside.iterdir()))
    return Exported(to, str(place), files)


def _check(to: str, *, embed_preprocessing: bool) -> None:
    if to not in KINDS:
        raise InputError(f"--to got '{to}'.{did_you_mean(to, KINDS)} Use one of: {', '.join(KINDS)}.")
    if to == "code" and embed_preprocessing:
        raise InputError("--embed-preprocessing puts layers into a model; with --to code there is none. Leave it out.")
    if to == "bundle" and embed_preprocessing:
        raise InputError("--embed-preprocessing is for --to keras and --to onnx. Leave it out: a bundle prepares rows.")
    if to == "onnx" and (lacking := [name for name in _ONNX_PACKAGES if find_spec(name) is None]):
        raise InputError(
            f"--to onnx needs {' and '.join(lacking)}, not installed here. Run: pip install 'posology[onnx]'"
        )


def _where(folder: Path, aside: Path) -> dict[str, str]:
    return {"folder": str(folder.resolve()), "place": str(aside.resolve())}


def _ask(message: dict[str, Any]) -> dict[str, Any]:
    with one_worker() as worker:
        return worker.ask(message)[0]


@contextmanager
def _new_folder(place: Path) -> Iterator[Path]:
    """Give a folder to write into that becomes `place` when all is written, and is removed otherwise."""
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InputError(f"'{place}' is not empty. Choose another --out: an empty folder, or one that is not there.")
    aside: Path | None = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
        aside.chmod(0o777 & ~_umask())  # a folder like any other, not for this user alone
        yield aside
        aside.replace(place)
    except OSError as error:
        raise InputError(f"'{place}' cannot be written: {error.strerror}. Choose another --out.") from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _add_the_rest(folder: Path, to: str, aside: Path, *, embedded: bool) -> None:
    if not embedded:
        for name in ("preparation.skops", "preparation.json", "layout.json"):
            shutil.copyfile(folder / name, aside / name)
    shutil.copyfile(Path(__file__).with_name("load_and_predict.py"), aside / "load_and_predict.py")
    if (classes := Classes.load(folder)) is None or not classes.labels:  # labels are named in classes.json
        target = read_settings(folder)["target"]
        about = {"format": "posology targets 1", "names": [target] if isinstance(target, str) else target}
        (aside / "targets.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    (aside / "README.txt").write_text(readme(folder, to, embedded=embedded), encoding="utf-8")


def averaging(verdict: Mapping[str, Any]) -> list[str]:
    """Say how to average networks where the verdict is about an average, as comments of Python; else nothing."""
    if (networks := verdict["settings"]["design"]["ensemble"]) == 1:
        return []
    return [
        f"# The verdict is about the average of {networks} networks: build and train this one {networks} times, each",
        "# after keras.utils.set_random_seed(another seed), and average what they predict (keras.layers.Average).",
    ]


def _export_code(folder: Path, place: Path | None) -> Exported:
    if place is not None and place.exists():
        raise InputError(f"'{place}' exists. Choose another --out.")
    verdict = read_of_its_end(folder, "verdict.json")
    reply = _ask({"do": "code", "folder": str(folder.resolve())})
    above = [*averaging(verdict), *commented(by_hand(verdict)), *comments(verdict)]
    edit = reply["diff"] or "\n".join([f"# {reply['reason']}", *reply["lines"]])
    code = "\n".join([*above, edit]).rstrip("\n") + "\n"
    if place is None:
        return Exported("code", code=code)
    try:
        place.write_text(code, encoding="utf-8", newline="")  # a diff of a file with other line ends keeps them
    except OSError as error:
        raise InputError(f"'{place}' cannot be written: {error.strerror}. Choose another --out.") from error
    return Exported("code", str(place), code=code)
