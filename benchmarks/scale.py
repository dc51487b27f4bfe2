"""Measure what a cluster brings and what it costs the driver; project a thousand nodes from that.

    python benchmarks/scale.py nodes [--pairs 2]      two nodes of one core against one, whole studies by turns
    python benchmarks/scale.py trips [--workers 8]    messages there and back, with nothing to do
    python benchmarks/scale.py driver                 what packs cost the driver, to 20,000 networks
    python benchmarks/scale.py rows                   what travels, to a million rows
    python benchmarks/scale.py project                a thousand cores, from what the others measured

`nodes` and `trips` start a Ray cluster on this machine (`pip install "posology[ray]"`). How a worker's own time and
memory grow is in benchmarks/scaling.py.
"""

import argparse
import heapq
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np

from posology import Study
from posology.errors import InputError
from posology.execution.cluster import Cluster
from posology.execution.frames import read_frame, write_frame
from posology.execution.job import pack_from_dict, pack_to_dict
from posology.plan import Design, Member, Pack, PackResult, Space, parse_arms, tune_and_refit
from posology.record import Record
from posology.settings import Settings
from posology.table import table_from_arrays

KEEPER = """
import sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
for _ in range(int(sys.argv[1])):
    cluster.add_node(num_cpus=int(sys.argv[2]))
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""
MEMBERS, EPOCHS = 8, 200
"""Networks of a pack, and epochs of their curves."""


@contextmanager
def nodes_of(nodes, cores):
    """Start a cluster on this machine; its workers at the usual priority, where Ray lowers it."""
    command, env = [sys.executable, "-c", KEEPER, str(nodes), str(cores)], {**os.environ, "RAY_worker_niceness": "0"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, env=env, **pipes) as keeper:
        yield keeper.stdout.readline().strip()
        keeper.stdin.close()
        keeper.wait(60)


def table_of(rows, columns):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, columns)).astype("float32").astype(float)
    return x, np.tanh(x[:, 0] + x[:, 1]) + rng.normal(size=rows)


def nodes_section(asked):
    """Whole studies by turns: one worker, two workers, each on a node of one core."""
    x, y = table_of(1030, 8)
    print("| pair | one node, s | two nodes, s | ratio | ratio without start-up | load |\n|---|---|---|---|---|---|")
    ratios = []
    with nodes_of(2, 1) as address, tempfile.TemporaryDirectory() as place:
        for pair in range(asked.pairs):
            whole, working = {}, {}
            for workers in (1, 2) if pair % 2 == 0 else (2, 1):
                folder = Path(place, f"{pair}-{workers}")
                began = time.time()
                Study("question", x, y, repeats=1, levers=False, cluster=address, workers=workers, folder=folder).run()
                whole[workers] = time.time() - began
                # study.json is written when the workers are open and the network is known to be right
                working[workers] = time.time() - (folder / "study.json").stat().st_mtime
            ratios.append((whole[1] / whole[2], working[1] / working[2]))
            load, cores = os.getloadavg()[0], os.cpu_count()
            print(
                f"| {pair} | {whole[1]:.1f} | {whole[2]:.1f} | {ratios[-1][0]:.2f} | {ratios[-1][1]:.2f} | "
                f"{load:.1f} of {cores} |",
                flush=True,
            )
        same = {(path / "verdict.json").read_bytes() for path in Path(place).iterdir()}
    whole, working = np.median(ratios, axis=0)
    print(f"\nMedian {whole:.2f}x, without start-up {working:.2f}x (target 1.8x); {len(same)} different verdict.json.")


def trips_section(asked):
    """Messages to workers and back, that ask for nothing."""
    x, y = table_of(200, 4)
    study = Study("question", x, y)
    with nodes_of(1, asked.workers) as address, tempfile.TemporaryDirectory() as made:
        scratch = Path(made)
        study.table.save(scratch / "table.feather")
        with Cluster(address, study.job(scratch), {}, scratch) as cluster:
            workers = [cluster.hire(scratch / "log") for _ in range(asked.workers)]
            began = time.perf_counter()
            for worker in workers:
                while not worker.placed(1):
                    pass
            print(f"{asked.workers} actors placed in {time.perf_counter() - began:.1f} s\n")
            print("| workers | messages/s | ms each | CPU of the driver, ms each |\n|---|---|---|---|")
            with ThreadPoolExecutor(asked.workers) as threads:
                list(threads.map(nothing, workers))
                for count in sorted({1, asked.workers}):
                    print(row_of_trips(threads, workers[:count], 200), flush=True)


def nothing(worker):
    """Ask for a file that is not there: the answer comes at once."""
    with suppress(InputError):
        worker.ask({"do": "fit", "source": {"kind": "file", "where": "/none.py", "function": "f"}})


def row_of_trips(threads, workers, each):
    began, spent = time.perf_counter(), time.process_time()
    list(threads.map(lambda worker: [nothing(worker) for _ in range(each)], workers))
    wall, cpu, count = time.perf_counter() - began, time.process_time() - spent, each * len(workers)
    return f"| {len(workers)} | {count / wall:,.0f} | {1e3 * wall / each:.2f} | {1e3 * cpu / count:.2f} |"


def tuning_pack(number):
    setting = {"l1": (1e-4, 1e-4), "l2": (1e-4, 1e-4), "dropout": (0.2, 0.2)}
    members = tuple(Member(("weights", "dropout"), t, number, setting, EPOCHS, 20) for t in range(MEMBERS))
    return Pack(f"r0f0-tune1-split0-{number}", 0, 0, 0, members)


@cache
def result_of_size(rows, snapshots=1, members=MEMBERS):
    """Give a pack's result; of refits it has predictions of the held-out rows."""
    rng = np.random.default_rng(0)
    watched = rng.random((members, EPOCHS), "float32")
    one, whole = watched[:, 0], np.full(members, 60, "int32")
    scored = np.zeros((members, snapshots, rows))
    return vars(
        PackResult(
            *(whole, one, watched, one, one, whole, np.zeros(members, bool), rng.random((members, 22, 2), "float32")),
            *(one, scored, np.zeros((members, 16), "int32"), np.zeros((members, 0))),
            np.zeros((members, 0, 0), "float32"),
        )
    )


def framed(message, arrays=None):
    """Give the bytes of a message."""
    pipe = io.BytesIO()
    write_frame(pipe, message, arrays)
    return pipe.getvalue()


def driver_section(_asked):
    """Send, receive and keep the packs of more and more networks, as the driver does."""
    print(f"packs of {MEMBERS} networks, load {os.getloadavg()[0]:.1f} of {os.cpu_count()}\n")
    print("| networks | send and receive, CPU ms a pack | keep, CPU ms | keep, ms | folder | driver's memory |")
    print("|---|---|---|---|---|---|")
    facts = {"settings": Settings().to_dict(), "versions": {}, "table": None, "target": "y", "drop": []}
    facts |= dict.fromkeys(("task", "groups", "weights"))
    with tempfile.TemporaryDirectory() as folder:
        record, done = Record(Path(folder)), 0
        record.begin(facts)
        for networks in (1_000, 5_000, 20_000):
            times, count = np.zeros(3), networks // MEMBERS - done
            for number in range(done, done + count):
                times += kept(record, tuning_pack(number))
            done += count
            wire, cpu, wall = 1e3 * times / count
            size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
            print(f"| {networks:,} | {wire:.2f} | {cpu:.2f} | {wall:.2f} | {size / 1e6:.1f} MB | {memory:,.0f} MB |")
        record.close()
    print(f"\nA pack's question is {len(asking(tuning_pack(0))):,} bytes, its answer {len(answer()):,}.")


def asking(pack):
    return framed({"to": "ask", "worker": 0, "message": {"do": "pack", "name": pack.name, "pack": pack_to_dict(pack)}})


def answer(rows=0, snapshots=1, members=MEMBERS):
    return framed({"worker": 0, "reply": {}}, result_of_size(rows, snapshots, members))


def kept(record, pack):
    """Give CPU seconds of the messages, CPU seconds and seconds of keeping."""
    found, began = answer(), time.process_time()
    message, _ = read_frame(io.BytesIO(asking(pack)))
    assert pack_from_dict(message["message"]["pack"]) == pack
    _, arrays = read_frame(io.BytesIO(found))
    middle, wall = time.process_time(), time.perf_counter()
    record.keep(pack, arrays)
    return np.array([middle - began, time.process_time() - middle, time.perf_counter() - wall])


def rows_section(_asked):
    """Say what travels: the table once to each node, predictions of refits from each resample."""
    print("| rows of 50 columns | table's file | save and read, s | answer of six refits | read it, ms |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        for rows in (1_000, 10_000, 100_000, 1_000_000):
            table, path = table_from_arrays(*table_of(rows, 50)), Path(made, f"{rows}.feather")
            began = time.perf_counter()
            table.save(path)
            data = np.fromfile(path, "uint8")
            seconds = time.perf_counter() - began
            # three epochs at which refits are scored, one where the table is large (execution/trainer.py)
            found = answer(rows // 5, 3 if rows <= 20_000 else 1, 6)
            began = time.perf_counter()
            read_frame(io.BytesIO(found))
            read = 1e3 * (time.perf_counter() - began)
            print(
                f"| {rows:,} | {data.nbytes / 1e6:.1f} MB | {seconds:.2f} | {len(found) / 1e6:.2f} MB | {read:.1f} |",
                flush=True,
            )


def project_section(asked):
    """Play studies through on more and more cores: their own plan and order, invented losses, one driver."""
    print(
        f"A network takes {asked.seconds} s, ten are a pack, and a pack costs the driver {asked.driver} ms, one after "
        "another.\n"
    )
    for repeats in (5, 40):
        design = Design(parse_arms(None), repeats=repeats)
        print(f"{design.resamples:,} resamples, at most {design.members():,} networks\n")
        print("| cores | seconds | against one | efficiency | packs/s | driver busy | driver receives |")
        print("|---|---|---|---|---|---|---|")
        base = None
        for cores in (1, 2, 10, 30, 100, 300, 1_000):
            seconds, packs = played(design, cores, asked.seconds, asked.driver / 1e3)
            base = base or seconds
            rate, size = packs / seconds, len(answer()) + len(asking(tuning_pack(0)))
            print(
                f"| {cores:,} | {seconds:,.0f} | {base / seconds:,.1f} | {base / seconds / cores:.0%} | {rate:,.1f} | "
                f"{rate * asked.driver / 1e3:.0%} | {rate * size / 1e6:,.2f} MB/s |",
                flush=True,
            )
        print()


def played(design, cores, member, driver):
    """Give the seconds that the verdict of a study takes, and its packs.

    Packs are taken in order by the first free core; the driver keeps one after another, and only then lets its resample
    go on; resamples are begun while fewer than two packs a core are out, as `posology.training` does.
    """
    ranges = Settings(design=design).strengths()
    space = Space(ranges, dict.fromkeys(ranges, 2))
    begun = (tune_and_refit(design, space, r, f, 10) for r in range(design.repeats) for f in range(design.folds))
    free, out, packs, clock = [0.0] * cores, [], 0, 0.0

    def advance(procedure, results):
        try:
            asked = procedure.send(results)
        except StopIteration:
            return
        left = {"count": len(asked)}
        for pack in asked:
            end = max(heapq.heappop(free), clock) + member * len(pack.members)
            heapq.heappush(free, end)
            heapq.heappush(out, (end, id(pack), procedure, asked, left))

    while True:
        while len(out) < 2 * cores and (procedure := next(begun, None)) is not None:
            advance(procedure, None)
        if not out:
            return clock, packs
        end, _, procedure, asked, left = heapq.heappop(out)
        clock, packs = max(clock, end) + driver, packs + 1
        left["count"] -= 1
        if not left["count"]:
            advance(procedure, [PackResult(**invented(pack)) for pack in asked])


def invented(pack):
    """Give losses by trial and split."""
    found = result_of_size(0, members=len(pack.members))
    loss = np.array([1 + (7 * m.trial + 3 * m.seed + pack.split) % 11 / 100 for m in pack.members], "float32")
    return {**found, "best_loss": loss, "last_loss": loss, "best_epoch": np.full(len(loss), 50, "int32")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sections = {name[: -len("_section")]: part for name, part in globals().items() if name.endswith("_section")}
    parser.add_argument("section", choices=sections)
    parser.add_argument("--pairs", type=int, default=2, help="of studies, for nodes")
    parser.add_argument("--workers", type=int, default=8, help="for trips")
    parser.add_argument("--seconds", type=float, default=0.1, help="of a network, for project")
    parser.add_argument("--driver", type=float, default=12.0, help="ms of a pack, for project")
    asked = parser.parse_args()
    sections[asked.section](asked)


if __name__ == "__main__":
    main()
