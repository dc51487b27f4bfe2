"""What keeping a study costs beside training it: files of packs, their index, and reading them again.

python benchmarks/record.py [--packs 200]
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from posology.plan import Member, Pack, PackResult
from posology.record import Record
from posology.results_index import NAME, ResultsIndex, results_frame
from posology.settings import Settings

MEMBERS, EPOCHS, TRAINED = 8, 200, 60


def pack(number):
    members = [Member(("l1",), t, number, {"l1": (0.1,)}, EPOCHS, 20) for t in range(MEMBERS)]
    return Pack(f"r0f0-tune1-split0-{number}", 0, 0, 0, tuple(members))


def arrays(random):
    watched = random.random((MEMBERS, EPOCHS), "float32")
    watched[:, TRAINED:] = np.nan
    curve = random.random((MEMBERS, 22, 2), "float32")
    one, whole = watched[:, 0], np.full(MEMBERS, TRAINED, "int32")
    nothing = np.zeros((MEMBERS, 0))
    return vars(
        PackResult(
            *(whole, one, watched, one, one, whole, np.zeros(MEMBERS, bool), curve, one, np.zeros((MEMBERS, 1, 0))),
            *(np.zeros((MEMBERS, 16), "int32"), nothing, np.zeros((MEMBERS, 0, 0), "float32")),
        )
    )


def timed(words, count, what):
    began, spent = time.perf_counter(), time.process_time()
    found = what()
    wall, cpu = time.perf_counter() - began, time.process_time() - spent
    print(f"| {words} | {1e3 * wall / count:.2f} ms | {1e3 * cpu / count:.2f} ms |", flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packs", type=int, default=200)
    count = parser.parse_args().packs
    random = np.random.default_rng(0)
    packs, results = [pack(i) for i in range(count)], [arrays(random) for _ in range(count)]
    facts = {"settings": Settings().to_dict(), "versions": {}, "table": None, "target": "y", "drop": []}
    facts |= dict.fromkeys(("task", "groups", "weights"))
    with tempfile.TemporaryDirectory() as folder:
        record = Record(Path(folder))
        record.begin(facts)
        index, record._index = record._index, None
        print(
            f"{count} packs of {MEMBERS} networks, {TRAINED} epochs each\n\n| what | time | processor |\n|---|---|---|"
        )
        timed("keep a pack's file, synced, a pack", count, lambda: [*map(record.keep, packs, results)])
        names = [one.name for one in packs]
        timed("its place in study.sqlite, a pack", count, lambda: [*map(index.add, names, packs, results)])
        index.close()
        record.close()
        timed("find all packs on resume, a pack", count, lambda: record._packs.scan())
        timed("read a pack again", count, lambda: [*map(record.result, packs)])
        timed(
            "check study.sqlite on resume, a pack", count, lambda: ResultsIndex(Path(folder), record.held["id"]).close()
        )
        rows = len(timed("posology results: all rows, once", 1, lambda: results_frame(Path(folder))))
        Path(folder, NAME).unlink()
        timed("make study.sqlite again, a pack", count, lambda: ResultsIndex(Path(folder), record.held["id"]).close())
        size = sum(path.stat().st_size for path in Path(folder, "packs").iterdir())
        print(
            f"\n{rows:,} rows; {size / 1e6:.1f} MB of packs, {Path(folder, NAME).stat().st_size / 1e6:.1f} MB of index"
        )
        print(f"sqlite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
