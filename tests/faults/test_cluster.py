"""A real Ray cluster of several nodes on this machine: the same bytes as at home, whatever happens to nodes."""

import importlib.util
import json
import os
import signal
import socket

import pytest

from ..processes import until
from ..ray_nodes import RayNodes
from .kit import Ended, packs, rows_left, verdict

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs the extra [ray]"),
]


@pytest.fixture(scope="module")
def head(case):
    nodes = RayNodes(case.temporary)
    yield nodes
    nodes.stop()


@pytest.fixture(scope="module")
def nodes(head):
    """Two nodes of one core, beside a head that has none."""
    for _ in range(2):
        head.add()
    return head


def on(case, nodes, folder):
    """Give the study's arguments on a cluster, with as many workers as it has cores."""
    study = case.study(folder)
    place = study.index("--workers")
    return (*study[:place], *study[place + 2 :], "--cluster", nodes.address)


def some_packs(folder):
    return len(packs(folder)) >= 2


def test_an_address_where_nobody_listens(case, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = case.run(*case.study(tmp_path / "study"), "--cluster", f"127.0.0.1:{port}")
    assert done.code == 2
    assert f"There is no Ray cluster at 127.0.0.1:{port}" in done.err
    assert not (tmp_path / "study").exists()


def test_a_cluster_without_cores(case, head, tmp_path):
    done = case.run(*case.study(tmp_path / "study"), "--cluster", head.address)
    assert done.code == 2
    assert f"The cluster at {head.address} has no CPUs to train on. Start a node that has: ray start" in done.err
    assert not (tmp_path / "study").exists()


def test_two_nodes_give_the_bytes_of_one_machine(case, whole, nodes, tmp_path):
    done = case.run(*on(case, nodes, tmp_path / "study"))
    assert done.code == 0, done.err
    assert verdict(tmp_path / "study") == verdict(whole)
    assert packs(tmp_path / "study").keys() == packs(whole).keys()
    nodes.wait_for_none()
    assert rows_left(case) == []


def test_a_node_that_dies_in_the_middle(case, whole, nodes, tmp_path):
    folder = tmp_path / "study"
    process = case.start(*on(case, nodes, folder))
    until(lambda: some_packs(folder), process)
    kept = packs(folder)
    nodes.kill_first()
    done = Ended.of(process)
    nodes.add()
    assert done.code == 0, done.err
    assert "A node of the cluster was lost during 'pack'. Another worker takes its place." in done.err
    faults = [json.loads(line) for line in (folder / "faults.jsonl").read_text().splitlines()]
    assert {fault["reason"] for fault in faults} == {"A node of the cluster was lost during 'pack'."}
    assert {name: at for name, at in packs(folder).items() if name in kept} == kept, "none is trained anew"
    assert verdict(folder) == verdict(whole)
    nodes.wait_for_none()


def test_a_worker_killed_on_its_node_is_replaced_there(case, whole, nodes, tmp_path):
    folder = tmp_path / "study"
    process = case.start(*on(case, nodes, folder))
    until(lambda: some_packs(folder), process)
    for worker in nodes.workers():
        os.kill(worker, signal.SIGKILL)
    done = Ended.of(process)
    assert done.code == 0, done.err
    assert "A worker process ended by signal 9 during 'pack'. Another worker takes its place." in done.err
    assert verdict(folder) == verdict(whole)


def test_a_study_that_is_stopped_leaves_nobody_and_goes_on_at_home(case, whole, nodes, tmp_path):
    folder = tmp_path / "study"
    process = case.start(*on(case, nodes, folder))
    until(lambda: some_packs(folder), process)
    process.send_signal(signal.SIGINT)
    assert Ended.of(process).code == 3
    nodes.wait_for_none()
    kept = packs(folder)
    done = case.run("resume", folder, "--workers", 1)
    assert done.code == 0, done.err
    assert {name: at for name, at in packs(folder).items() if name in kept} == kept
    assert verdict(folder) == verdict(whole)


def test_a_killed_driver_leaves_nobody_and_the_cluster_goes_on(case, whole, nodes, tmp_path):
    folder = tmp_path / "study"
    process = case.start(*on(case, nodes, folder))
    until(lambda: some_packs(folder), process)
    process.kill()
    process.communicate()
    nodes.wait_for_none()
    done = case.run("resume", folder, "--cluster", nodes.address)
    assert done.code == 0, done.err
    assert verdict(folder) == verdict(whole)
    nodes.wait_for_none()
    assert rows_left(case) == [], "nor are rows of the table left on a node"
