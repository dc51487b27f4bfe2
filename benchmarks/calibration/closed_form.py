"""Is the verdict right? Simulated studies of closed-form arms, judged by the targets of docs/calibration.md.

    python benchmarks/calibration/closed_form.py run FOLDER --studies 1000 [GENERATOR ...]   # adds what is missing
    python benchmarks/calibration/closed_form.py show FOLDER                                 # the tables, in Markdown

A study is a pure function of (generator, number, seed): a run that was stopped goes on where it was, and two may share
the work with --part 0/2 and --part 1/2. OPENBLAS_NUM_THREADS=1: the matrices are small.
"""

import argparse
import json
from dataclasses import asdict, fields
from pathlib import Path

from posology.calibration.generators import SUITE
from posology.calibration.outcome import Outcome, gathered, simulate
from posology.calibration.power import power
from posology.calibration.targets import Target, targets


def run(folder: Path, names: list[str], studies: int, part: str) -> None:
    """Append the outcomes that the folder lacks."""
    folder.mkdir(parents=True, exist_ok=True)
    mine, parts = (int(n) for n in part.split("/"))
    for name in names or SUITE:
        done = {o.index for o in read(folder) if o.generator == name}
        with (folder / f"{name}-{mine}.jsonl").open("a") as file:
            for index in range(mine, studies, parts):
                if index not in done:
                    file.writelines(json.dumps(asdict(o)) + "\n" for o in simulate(SUITE[name], index))
                    file.flush()
        print(name, flush=True)


def read(folder: Path) -> list[Outcome]:
    """Collect the outcomes of all files."""
    return [outcome for file in sorted(folder.glob("*.jsonl")) for outcome in read_file(file)]


def read_file(file: Path) -> list[Outcome]:
    """Read outcomes, a line each; a line that a stop cut off is left out."""
    lines = file.read_text().splitlines() if file.exists() else []
    found = [json.loads(line) for line in lines if line.endswith("}")]
    return [Outcome(**{f.name: one[f.name] for f in fields(Outcome) if f.name in one}) for one in found]


def show(folder: Path) -> None:
    """Print what docs/calibration.md holds."""
    studies = gathered(read(folder), SUITE.values())
    judged = targets(studies)
    print("| target | generator | what | rate | 95% | wanted | inside | studies |\n|---|---|---|---|---|---|---|---|")
    for t in judged:
        if t.name != "T3":
            wanted, interval = f"{'<=' if t.most else '>='} {t.bound:g}", f"{t.lower:.3f}-{t.upper:.3f}"
            numbers = f"{t.rate:.3f} | {interval} | {wanted} | {t.inside} | {t.studies}"
            print(f"| {t.name} | {t.generator} | {t.what} | {numbers} |")
    coverage([t for t in judged if t.name == "T3"])
    print("\n| generator | variance | decides | combines | falsely | studies |\n|---|---|---|---|---|---|")
    for p in power(studies):
        print(f"| {p.generator} | {p.method} | {p.decides:.3f} | {p.combines:.3f} | {p.false:.3f} | {p.studies} |")


def coverage(judged: list[Target]) -> None:
    """Print T3, a line a generator."""
    by_generator: dict[str, dict[str, Target]] = {}
    for t in judged:
        by_generator.setdefault(t.generator, {})[t.what] = t
    kinds = list(dict.fromkeys(t.what for t in judged))
    print(f"\n| generator | {' | '.join(kinds)} |\n|---{'|---' * len(kinds)}|")
    for name, found in by_generator.items():
        print(f"| {name} | {' | '.join(_covered(found[what]) if what in found else '' for what in kinds)} |")


def _covered(t: Target) -> str:
    return f"{t.rate:.3f} ({t.lower:.3f}-{t.upper:.3f}) >= {t.bound:g}: {t.inside}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("do", choices=("run", "show"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("generators", nargs="*")
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--part", default="0/1")
    asked = parser.parse_intermixed_args()
    if asked.do == "show":
        show(asked.folder)
    else:
        run(asked.folder, asked.generators, asked.studies, asked.part)


if __name__ == "__main__":
    main()
