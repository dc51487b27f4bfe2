"""A fitted preparation on disk: `preparation.skops` for scikit-learn's part, `preparation.json` for the rest.

skops writes a zip of JSON and arrays; nothing in it is run. It trusts scikit-learn's own estimators and
NumPy's arrays; `TRUSTED` lists the further types that a preparation consists of, and any other is refused.
"""

import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from posology.errors import InputError
from posology.files import objects_in, parsed_json, read_small
from posology.stored_zip import read_parts
from posology.table.columns import Kind
from posology.table.text import INSTALL, PIECES
from posology.table.typed import number, of_type, pair, texts, texts_by_name
from posology.wording import first_line, quoted

FORMAT = "posology preparation 1"
TRUSTED = (
    "numpy.dtype",
    "sklearn.compose._column_transformer._RemainderColsList",
    "skrub._string_encoder.StringEncoder",
    "skrub._to_str.ToStr",
)
KNOWN = {
    "builtins": {"bool", "dict", "float", "int", "list", "slice", "str", "tuple"},
    "numpy": {"bool", "bool_", "dtype", "float32", "float64", "int32", "int64", "ndarray", "object_", "str_"},
    "sklearn.compose._column_transformer": {"ColumnTransformer", "_RemainderColsList"},
    "sklearn.decomposition._truncated_svd": {"TruncatedSVD"},
    "sklearn.feature_extraction.text": {"TfidfTransformer", "TfidfVectorizer"},
    "sklearn.impute._base": {"MissingIndicator", "SimpleImputer"},
    "sklearn.pipeline": {"Pipeline"},
    "sklearn.preprocessing._data": {"StandardScaler"},
    "sklearn.preprocessing._encoders": {"OneHotEncoder"},
    "skrub._string_encoder": {"StringEncoder"},
    "skrub._to_str": {"ToStr"},
}
"""What a preparation consists of, by module. skops trusts all of scikit-learn, functions among it, which is more."""
LOADERS = {
    f"{kind}Node" for kind in ("Cached", "DType", "Dict", "Json", "List", "NdArray", "Object", "Slice", "Tuple", "Type")
}
"""How its parts are put together; others of skops call functions or methods that the file names."""
PARTS_OF_TEXT = {"to_str": "ToStr", "vectorizer_": "TfidfVectorizer", "tsvd_": "TruncatedSVD"}
"""Of an encoder of text; there is no tsvd_ where the pieces are few."""
READING = {
    "input": "content",
    "encoding": "utf-8",
    "decode_error": "strict",
    "strip_accents": None,
    "preprocessor": None,
    "tokenizer": None,
    "analyzer": "char_wb",
    "ngram_range": PIECES,
}
"""How cells become pieces. As names of files they would be opened; a pattern for words, which other analyzers match,
the file could choose so that matching never ends."""
MOST_BYTES = 2**30
AGAIN = "Copy the folder from the study again."


def _kinds(value: Any) -> tuple[str, ...]:
    found = texts(value)
    if not {*found} <= {*get_args(Kind)}:
        raise TypeError("there is no such kind of column")
    return found


def _by_target(read: Callable[[Any], Any], value: Any) -> Any:
    """Give what one target has, or a list of what each has."""
    try:
        return read(value)
    except TypeError:
        return tuple(map(read, of_type(list, value)))


READERS: dict[str, Callable[[Any], Any]] = {
    "columns": texts,
    "kinds": _kinds,
    "levels": texts_by_name,
    "names": texts,
    "target_mean": partial(_by_target, number),
    "target_sd": partial(_by_target, number),
    "target_range": partial(_by_target, pair),
}
"""What makes of its JSON what each fact is."""
FACTS = tuple(READERS)


def save(folder: str | os.PathLike[str], transformer: Any, facts: Mapping[str, Any]) -> None:
    """Write both files, each whole or not at all.

    Parameters
    ----------
    folder
        Made if need be.
    transformer
        The fitted `ColumnTransformer`.
    facts
        The values of `FACTS`.
    """
    from skops import io as skops

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    about = {"format": FORMAT, **facts, "versions": _versions()}
    _write(folder / "preparation.json", json.dumps(about, indent=1).encode())
    _write(folder / "preparation.skops", skops.dumps(transformer))


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _versions() -> dict[str, str]:
    names = ["numpy", "pandas", "scikit-learn", "skops", *(["skrub"] if find_spec("skrub") else [])]
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def load(folder: str | os.PathLike[str]) -> tuple[Any, dict[str, Any]]:
    """Read both files.

    Returns
    -------
    tuple[Any, dict[str, Any]]
        The `ColumnTransformer`, and the values of `FACTS`.

    Raises
    ------
    InputError
        Where files are not there, damaged, of another format, or hold types that are not trusted.
    """
    folder = Path(folder)
    for name in ("preparation.json", "preparation.skops"):
        if not (folder / name).is_file():
            raise InputError(f"'{folder}' has no {name}, so it holds no fitted preparation. {AGAIN}")
    facts = _facts(folder / "preparation.json")
    return _transformer(folder / "preparation.skops"), facts


def _facts(path: Path) -> dict[str, Any]:
    about = parsed_json(read_small(path, MOST_BYTES, AGAIN), path, AGAIN)
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        found = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise InputError(
            f"'{path}' has the format {found!r}; this posology reads {FORMAT!r}. "
            "Use the version of posology that wrote it."
        )
    lacking = [name for name in FACTS if name not in about]
    if lacking:
        raise InputError(f"'{path}' lacks {quoted(lacking)}. {AGAIN}")
    facts, wrong = {}, []
    for name, read in READERS.items():
        try:
            facts[name] = read(about[name])
        except TypeError:
            wrong.append(name)
    if wrong:
        raise InputError(f"'{path}' is damaged: it has something else than a preparation's {quoted(wrong)}. {AGAIN}")
    return facts


def _transformer(path: Path) -> Any:
    from sklearn.compose import ColumnTransformer
    from skops import io as skops

    content = read_small(path, MOST_BYTES, AGAIN)
    parts = read_parts(content, path, r"schema\.json|\d+\.npy", AGAIN)
    if "schema.json" not in parts:
        raise InputError(f"'{path}' has no schema.json, so it is no file of skops. {AGAIN}")
    schema = parsed_json(parts["schema.json"], path, AGAIN)
    if foreign := sorted(set(_foreign(schema))):
        raise InputError(
            f"'{path}' holds types that a preparation does not have, and loading them could run code: "
            f"{quoted(foreign)}. Nothing was loaded. {AGAIN}"
        )
    if any(str(node.get("__module__")).startswith("skrub.") for node in objects_in(schema)) and not find_spec("skrub"):
        raise InputError(f"'{path}' reads text, which needs skrub, not installed here. Run: {INSTALL}")
    try:
        transformer = skops.loads(content, trusted=list(TRUSTED))
    except Exception as error:  # a schema can be wrong in every way
        raise InputError(f"'{path}' is damaged: {type(error).__name__}: {first_line(error)}. {AGAIN}") from error
    if not isinstance(transformer, ColumnTransformer):
        raise InputError(f"'{path}' holds a {type(transformer).__name__}, not a ColumnTransformer. {AGAIN}")
    if not _as_made(transformer):
        raise InputError(f"'{path}' reads text in another way than a preparation does. {AGAIN}")
    return transformer


def _as_made(transformer: Any) -> bool:
    """Tell whether every block is one that a preparation makes, so that known types are not put together otherwise."""
    try:
        return all(_is_block(block) for _, block, _ in transformer.transformers_)
    except Exception:  # attributes can be of every type, or lacking
        return False


def _is_block(block: Any) -> bool:
    # names are enough: of the types that are loaded, no two share one
    name = _type(block)
    if name == "Pipeline":
        imputer, scaler = (step for _, step in block.steps)
        made = ("SimpleImputer", "MissingIndicator", "StandardScaler")
        return (_type(imputer), _type(imputer.indicator_), _type(scaler)) == made
    if name == "StringEncoder":
        parts = {part: _type(value) for part, value in vars(block).items() if part in PARTS_OF_TEXT}
        read = {setting: getattr(block.vectorizer_, setting) for setting in READING}
        return parts.items() <= PARTS_OF_TEXT.items() and repr(read) == repr(READING)
    return name == "OneHotEncoder"


def _type(value: Any) -> str:
    return type(value).__name__


def _foreign(schema: Any) -> Iterator[str]:
    """Name the types and the loaders of a schema of skops that a preparation does not have."""
    for node in objects_in(schema):
        if "__loader__" in node or "__class__" in node:
            name, module, loader = (str(node.get(f"__{part}__")) for part in ("class", "module", "loader"))
            if name not in KNOWN.get(module, ()):
                yield f"{module}.{name}"
            elif loader not in LOADERS:
                yield loader
