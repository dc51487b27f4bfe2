"""Feed the readers bytes that a coverage-guided fuzzer (atheris, libFuzzer) makes up: all are read or refused.

    pip install "posology[fuzz]"
    python benchmarks/fuzz.py table CORPUS -max_total_time=600

A reader may raise InputError and nothing else. A crash, more than ten seconds or two gigabytes ends the run; the bytes
lie in `crash-...`, and belong into the tests once what they found is mended. CORPUS is a folder of files to begin with;
what reaches new code is added to it. An empty one is filled with a whole file first.
"""

import contextlib
import io
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["posology", "tomllib", "json", "csv", "zipfile", "skops"]):
    from posology.cli.study_options import asked, kinds
    from posology.errors import InputError, LeakWarning
    from posology.files import parsed_json
    from posology.handback.bundle import opened
    from posology.handback.keras_file import check_keras_file
    from posology.study_file import read
    from posology.table import Classes, Layout, Preparation, features_of, make_table, one_input, read_frame

SCRATCH = Path(tempfile.mkdtemp(prefix="posology-fuzz-"))
ROWS = "a,b,y\n" + "".join(f"{i % 7},{'uvw'[i % 3]},{i % 5}\n" for i in range(30))


def table(content: bytes) -> None:
    """Read a text table, decide what its columns are, prepare it."""
    path = SCRATCH / "t.csv"
    path.write_bytes(content)
    frame = read_frame(path)
    made = make_table(frame, str(frame.columns[-1]))
    preparation = Preparation.fit(made.features, made.target)
    preparation.transform(made.features)
    features_of(frame, preparation)


def parquet(content: bytes) -> None:
    """Read a Parquet file."""
    path = SCRATCH / "t.parquet"
    path.write_bytes(content)
    frame = read_frame(path)
    make_table(frame, str(frame.columns[-1]))


def packed(content: bytes) -> None:
    """Read a text table that is packed, however that is."""
    for ending in (".gz", ".zip"):
        path = SCRATCH / f"t.csv{ending}"
        path.write_bytes(content)
        with contextlib.suppress(InputError):
            read_frame(path)


def toml(content: bytes) -> None:
    """Read a study file down to its settings."""
    path = SCRATCH / "study.toml"
    path.write_bytes(content)
    ask, where = asked(read(path, kinds()))
    ask.settings(where, lambda _: None)


def text(content: bytes) -> None:
    """Read the JSON files of a folder."""
    parsed_json(content, "x.json", "Again.")
    for name in ("classes.json", "layout.json", "preparation.json"):
        (SCRATCH / name).write_bytes(content)
    for load in (Classes.load, Layout.load, Preparation.load):
        with contextlib.suppress(InputError):
            load(SCRATCH)


def skops(content: bytes) -> None:
    """Read a fitted preparation."""
    (SCRATCH / "preparation.skops").write_bytes(content)
    Preparation.load(SCRATCH)


def keras(content: bytes) -> None:
    """Check a model."""
    check_keras_file(content, "model.keras", "Again.")


def bundle(content: bytes) -> None:
    """Open a bundle."""
    path = SCRATCH / "b.bundle"
    path.write_bytes(content)
    with opened(path):
        pass


READERS: dict[str, Callable[[bytes], None]] = {
    reader.__name__: reader for reader in (table, parquet, packed, toml, text, skops, keras, bundle)
}


def seeds(name: str) -> list[bytes]:
    """Give whole files of a kind."""
    frame = SCRATCH / "seed.csv"
    frame.write_text(ROWS)
    made = make_table(read_frame(frame), "y")
    Preparation.fit(made.features, made.target).save(SCRATCH)
    one_input(made).save(SCRATCH)
    Classes(("u", "v"), logits=True).save(SCRATCH)
    read_frame(frame).to_parquet(SCRATCH / "seed.parquet")
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("bundle.json", '{"format": "posology bundle 1", "target": "y", "files": {}}')
        archive.write(SCRATCH / "layout.json", "layout.json")
    kept = {
        "table": [ROWS.encode(), ROWS.replace(",", ";").encode(), b'd,y\n"2020-01-01",1\n"2020-01-02T10:00",2\n'],
        "parquet": [(SCRATCH / "seed.parquet").read_bytes()],
        "packed": [zipped.getvalue()],
        "toml": [b'table = "a.csv"\ntarget = "y"\nmargin = 0.02\nrange = ["l1=1e-6:1"]\narms = "none; l1+dropout"\n'],
        "text": [(SCRATCH / f"{part}.json").read_bytes() for part in ("classes", "layout", "preparation")],
        "skops": [(SCRATCH / "preparation.skops").read_bytes()],
        "keras": [zipped.getvalue()],
        "bundle": [zipped.getvalue()],
    }
    return kept[name]


def main() -> None:
    """Run one reader until the time is over."""
    name, corpus, *options = sys.argv[1:]
    reader, folder = READERS[name], Path(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds(name)):
        if not any(folder.iterdir()) or number:
            (folder / f"seed-{number}").write_bytes(content)
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", LeakWarning)

    def one(content: bytes) -> None:
        with contextlib.suppress(InputError):
            reader(content)

    atheris.Setup([sys.argv[0], str(folder), "-timeout=10", "-rss_limit_mb=2048", *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
