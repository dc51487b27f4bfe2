"""Measure how cost grows: with workers, members and rows; what stopping and halving save; what a start costs.

    python benchmarks/scaling.py workers members rows stopping start cancel

Each section uses the real workers, as a study does, and prints one table. Ratios are of one run; targets beside them.
"""

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from posology.execution import result_of
from posology.execution.drive import drive
from posology.network.source import NetworkSource
from posology.plan import REFIT, Design, Member, Pack, parse_arms, tune
from posology.settings import Settings
from posology.space import space_of
from posology.study import Study
from posology.table import table_from_arrays

SETTING = {"l1": (1e-4, 1e-4), "l2": (1e-4, 1e-4), "dropout": (0.2, 0.2)}
ARM = ("weights", "dropout")


@contextmanager
def pool_of(rows, columns, workers, **design):
    """Start a study's workers on a synthetic table."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, columns)).astype("float32").astype(float)
    table = table_from_arrays(x, np.tanh(x[:, 0] + x[:, 1]) + rng.normal(size=rows))
    del x
    study = Study.of(table, Settings(Design(**{"arms": parse_arms(None), **design}), NetworkSource("question")))
    with tempfile.TemporaryDirectory() as scratch, study.pool(Path(scratch), workers) as pool:
        yield pool, study


def pack(name, members, epochs, repeat=0, fold=0, split=REFIT):
    every = tuple(Member(ARM, t, t % 6, SETTING, epochs, epochs + 1) for t in range(members))
    return Pack(name, repeat, fold, split, every)


def trained(pool, packs):
    """Train packs; give seconds."""
    began = time.perf_counter()
    for future in [pool.submit(p) for p in packs]:
        future.result()
    return time.perf_counter() - began


def warm(pool, workers, epochs=2):
    trained(pool, [pack(f"warm{i}", 1, epochs) for i in range(4 * workers)])


def workers_section():
    """Two workers against one, the same packs."""
    print("| workers | seconds | networks/s | against one |\n|---|---|---|---|")
    seconds = {1: [], 2: []}
    for _ in range(3):
        for workers in (1, 2):
            with pool_of(1030, 8, workers) as (pool, _):
                warm(pool, workers)
                seconds[workers].append(trained(pool, [pack(f"p{i}", 10, 60) for i in range(24)]))
    for workers, found in seconds.items():
        ratio = np.median(np.array(seconds[1]) / np.array(found))
        print(f"| {workers} | {np.median(found):.1f} | {240 / np.median(found):.1f} | {ratio:.2f}x (target 1.9x) |")


def members_section():
    """Cost a member from 100 to 20,000 members; every 50 members are another fit, as in a study."""
    workers, size = os.cpu_count(), 10
    print("| members | runs | ms a member | against 1,000 | memory of a worker |\n|---|---|---|---|---|")
    found = []
    with pool_of(442, 10, workers, repeats=70) as (pool, _):
        warm(pool, workers)
        # the small sizes before and after the large one: a machine that changes its speed is seen to
        for members, runs in ((100, 20), (1_000, 4), (20_000, 1), (5_000, 1), (1_000, 4), (100, 20)):
            each = []
            for run in range(runs):
                begin = run * -(-members // 50)
                wheres = [(begin + i // 5) % 350 for i in range(members // size)]
                packs = [pack(f"m{members}-{run}-{i}", size, 10, w // 5, w % 5) for i, w in enumerate(wheres)]
                each.append(trained(pool, packs) / members)
            found.append((members, runs, np.median(each), max(map(resident, pool.processes()))))
    unit = np.mean([each for members, _, each, _ in found if members == 1_000])
    for members, runs, each, memory in found:
        share = f"{each / unit - 1:+.1%} (target 5%)"
        print(f"| {members:,} | {runs} | {each * 1e3:.2f} | {share} | {memory / 1e6:.0f} MB |")


def rows_section():
    """Cost a row and memory from 1e3 to 1e6 rows of 50 columns, batch 128, 20 epochs of one member a worker."""
    workers, base, epochs, found = os.cpu_count(), None, 20, []
    print(
        "| rows | us a row and epoch | against 1e4 | memory beyond the smallest | in tables | highest | first fit, s |"
    )
    print("|---|---|---|---|---|---|---|")
    for rows in (1_000, 10_000, 100_000, 1_000_000):
        with pool_of(rows, 50, workers, batch_size=128, epochs=epochs) as (pool, study):
            before = time.perf_counter()
            warm(pool, workers, 1)
            prepared = time.perf_counter() - before
            runs, members = max(1, 100_000 // rows), max(1, min(pool.describe()["pack_size"], 100_000 // rows))
            each = []
            for k in range(min(runs, 3)):
                seconds = trained(pool, [pack(f"r{k}{i}", members, epochs) for i in range(2 * workers)])
                each.append(seconds / 2 / members / epochs / (0.8 * rows) * 1e6)
            processes = [os.getpid(), *pool.processes()]
            memory = sum(map(proportional, processes))
            base = base or memory
            table = study.table.features.memory_usage(index=False).sum() + study.table.target.nbytes
            highest = sum(map(highest_of, pool.processes()))
            found.append((rows, min(each), memory - base, (memory - base) / table, highest, prepared))
    unit = next(each for rows, each, *_ in found if rows == 10_000)
    for rows, each, memory, tables, highest, prepared in found:
        share = f"{tables:.1f} (target 3)" if rows == 1_000_000 else ""
        print(
            f"| {rows:,} | {each:.3f} | {each / unit - 1:+.1%} (target 10%) | {memory / 1e6:.0f} MB | {share} | "
            f"{highest / 1e6:,.0f} MB | {prepared:.1f} |"
        )


def stopping_section():
    """Time saved against epochs saved, by early stopping and by halving, in one tuning of the four arms."""
    print("| tuning | epochs | seconds | epochs saved | time saved | apart |\n|---|---|---|---|---|---|")
    base = None
    kinds = {"all epochs": {"patience": None}, "early stopping": {}, "early stopping and halving": {"halving": 3}}
    for name, changes in {**kinds, "halving": {"patience": None, "halving": 3}}.items():
        with pool_of(1030, 8, 1) as (pool, study):
            warm(pool, 1)
            design = replace(study.settings.design, **changes)
            seconds, epochs = tuned(pool, study, design)
        base = base or (seconds, epochs)
        saved, gained = 1 - epochs / base[1], 1 - seconds / base[0]
        print(
            f"| {name} | {epochs:,} | {seconds:.1f} | {saved:.1%} | {gained:.1%} | {gained - saved:+.1%} (target 10%) |"
        )


def tuned(pool, study, design):
    """Tune one resample; give seconds and epochs."""
    network = pool.describe()
    space = space_of(network, study.settings)
    began = time.perf_counter()
    procedures = ((fold, tune(design, space, 0, fold, network["pack_size"])) for fold in range(2))
    out = drive(procedures, lambda p: _result(pool, p), lambda _: None, lambda *_: None, 2)
    epochs = sum(found.epochs_trained for _, tuned in out for found in tuned.values())
    return time.perf_counter() - began, epochs


def _result(pool, p):
    future, asked = Future(), pool.submit(p)

    def pass_on(reply):
        if error := reply.exception():
            future.set_exception(error)
        else:
            future.set_result(result_of(reply.result()))

    asked.add_done_callback(pass_on)
    return future


def start_section():
    """Cost of a worker before its first network, with an empty cache and with a full one."""
    print("| cache | process, imports, network | first pack: traced, compiled or loaded, trained | all |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["POSOLOGY_CACHE"] = cache
        for name in ("empty", "full", "full, other table of 1,200 rows", "full, again"):
            rows = 1200 if "other" in name else 1030
            began = time.perf_counter()
            with pool_of(rows, 8, 1) as (pool, _):
                pool.describe()
                opened = time.perf_counter()
                trained(pool, [pack("first", 1, 1)])
                first = time.perf_counter()
                trained(pool, [pack("other", 1, 1, 1, 2, 0)])
                again = time.perf_counter()
            print(
                f"| {name} | {opened - began:.1f} s | {first - opened:.2f} s; a fold of another size "
                f"{again - first:.2f} s | {first - began:.1f} s |"
            )
        del os.environ["POSOLOGY_CACHE"]


def cancel_section():
    """Time from Ctrl-C to the end of all processes of a study, workers in the middle of packs."""
    print("| rows | seconds, five times |\n|---|---|")
    for rows in (1_000, 100_000):
        rng = np.random.default_rng(0)
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "table.csv"
            numbers = rng.normal(size=(rows, 6))
            np.savetxt(table, numbers, delimiter=",", header="a,b,c,d,e,y", comments="", fmt="%.4f")
            found = []
            for run in range(5):
                command = [sys.executable, "-m", "posology", "study", str(table), "--target", "y"]
                process = subprocess.Popen([*command, "--out", f"{folder}/{run}"], stderr=subprocess.DEVNULL)
                while not list(Path(folder, str(run)).glob("packs")):
                    time.sleep(0.1)
                time.sleep(3 + run)
                workers = [int(p) for p in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
                began = time.perf_counter()
                process.send_signal(signal.SIGINT)
                process.wait()
                while any(Path(f"/proc/{w}").exists() for w in workers):
                    time.sleep(0.01)
                found.append(time.perf_counter() - began)
        print(f"| {rows:,} | {', '.join(f'{s:.2f}' for s in found)} (target 2) |")


def resident(process):
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def highest_of(process):
    """Give the most memory that a process ever held, shared pages counted whole."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def proportional(process):
    """Give the memory of a process, pages that it shares divided among their users."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


SECTIONS = {
    "workers": workers_section,
    "members": members_section,
    "rows": rows_section,
    "stopping": stopping_section,
    "start": start_section,
    "cancel": cancel_section,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", default=list(SECTIONS), help=", ".join(SECTIONS))
    for name in parser.parse_args().sections:
        print(f"\n{SECTIONS[name].__doc__}")
        print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores: python benchmarks/scaling.py {name}\n")
        SECTIONS[name]()


if __name__ == "__main__":
    main()
