"""Hurts small studies in earnest, counts what survived, and prints the table of docs/reliability.md.

    python benchmarks/faults.py [--moments 10] [--seed 0]

Every study is started by the command, struck at a random moment between its start and its usual end, and continued by
the command. It survived if the exit codes are those that are documented, the verdict has the same bytes as that of the
study that nothing happened to, no finished pack was written again, no process is left, and no row of the table lies in
the temporary folder.
"""

import argparse
import contextlib
import datetime
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults.kit import Case, packs, rows_left, strike, verdict

WORDS = {
    "driver": "kill -9 of the driver",
    "worker": "kill -9 of the worker",
    "both": "kill -9 of both",
    "packs": "files of packs torn, bytes flipped, or gone",
    "index": "study.sqlite torn, overwritten, or gone",
}


def damage(folder, what, chance):
    """Damage a finished study at random places, and take its last steps back; give the packs that were hit."""
    for name in ("verdict.json", "model.keras"):
        (folder / name).unlink()
    files = [folder / "study.sqlite"] if what == "index" else sorted((folder / "packs").glob("*.npz"))
    hit = files if what == "index" else chance.sample(files, 3)
    for path in hit:
        data = bytearray(path.read_bytes())
        place = chance.randrange(len(data))
        ways = {"torn": data[:place], "flipped": data[:place] + os.urandom(16) + data[place + 16 :]}
        way = chance.choice(["torn", "flipped", "gone"])
        path.unlink() if way == "gone" else path.write_bytes(ways[way])
    return {path.name for path in hit} if what == "packs" else set()


def one(case, whole, seconds, what, chance, count):
    """Try one fault, and count what became of the study."""
    folder = case.root / "study"
    if what in ("packs", "index"):
        shutil.copytree(whole, folder)
        hit = damage(folder, what, chance)
        kept, orphans = {n: at for n, at in packs(folder).items() if n not in hit}, 0
    else:
        struck = strike(case, folder, what, chance.uniform(0, seconds))
        kept, orphans = struck.kept, struck.orphans
    count["packs finished before"] += len(kept)
    again = ("resume", folder, "--workers", 1) if (folder / "study.json").exists() else case.study(folder)
    done = case.run(*again)
    lost = len(kept.items() - packs(folder).items())
    count["packs lost"] += lost
    count["processes left"] += orphans
    same = done.code == 0 and verdict(folder) == verdict(whole)
    count["tried"] += 1
    count["survived"] += same and not lost and not orphans and not rows_left(case)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=10, help="of each kind of fault")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as root:
        case = Case.made(Path(root) / "case")
        whole, began = case.root / "whole", time.monotonic()
        assert case.run(*case.study(whole)).code == 0
        seconds = time.monotonic() - began
        columns = ("tried", "survived", "packs finished before", "packs lost", "processes left")
        print(f"{datetime.date.today()}, a study of {len(packs(whole))} packs and {seconds:.0f} s\n", flush=True)
        print(f"| fault | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}", flush=True)
        for what, words in WORDS.items():
            count = Counter()
            for _ in range(asked.moments):
                one(case, whole, seconds, what, chance, count)
                with contextlib.suppress(FileNotFoundError):
                    (case.root / "study").rename(Path(root) / f"done-{time.monotonic_ns()}")
            print(f"| {words} | {' | '.join(str(count[name]) for name in columns)} |", flush=True)


if __name__ == "__main__":
    main()
