"""A cluster's workers from the driver's side and from the node's, without Ray between them: that is in tests/faults."""

import contextlib
import json
import queue
import threading
import time

import numpy as np
import pytest

from posology import Study, workforce
from posology.cli import main
from posology.errors import InputError, StoppedError, WorkerError
from posology.execution import cluster, pool
from posology.execution.cluster import RemoteWorker
from posology.execution.job import Job
from posology.execution.pool import Pool
from posology.execution.relay import Relay, told_of
from posology.execution.worker_process import LostError, NoPlaceError
from posology.network.source import NetworkSource
from posology.plan import Design, Pack, parse_arms
from posology.table import read_frame

HERE = {"jax": "1.0", "keras": "3.0"}
FACTS = {"node": "n1", "process": 7, "versions": HERE}


@pytest.fixture
def remote():
    """Give a worker, what it was sent, and a function by which the other side says something."""
    inbox, sent = queue.SimpleQueue(), []
    worker = RemoteWorker(3, inbox, lambda message, _arrays: sent.append(message), HERE)
    return worker, sent, lambda message, arrays=None: inbox.put((message, arrays or {}))


def test_a_study_refuses_it_before_anything_is_read(capsys):
    with pytest.raises(InputError, match="The cluster's address is 'here'"):
        Study("question", np.eye(30), np.arange(30.0), cluster="here")
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--cluster", "here"])
    assert ended.value.code == 2
    assert "The cluster's address is 'here'" in capsys.readouterr().err


def test_workers_that_their_node_has_no_memory_for_are_refused():
    one = object.__new__(cluster.Cluster)  # a connection is for tests/faults
    one.nodes = [{"name": "head", "cpus": 0, "memory": 0}, {"name": "n1", "cpus": 2, "memory": 10**9}]
    one.check_memory(400 * 10**6, 2)
    told = r"Node n1 may get 2 workers, which would need about 1\.6 GB of memory, and it has 1\.0 GB .*fewer --workers"
    for workers in (2, 8):  # no more than its cores
        with pytest.raises(InputError, match=told):
            one.check_memory(800 * 10**6, workers)
    one.check_memory(800 * 10**6, 1)  # --workers 1
    with pytest.raises(InputError, match=r"Node n1 may get 1 worker, which would need about 1\.2 GB"):
        one.check_memory(1_200 * 10**6, 1)
    assert one.places == 2


@pytest.mark.parametrize("text", [False, True])
def test_nodes_must_have_what_trains_and_what_prepares_the_columns(request, tmp_path, monkeypatch, text):
    asked = []

    def joined(_address, _job, versions, _scratch):
        asked.append(versions)
        raise InputError("No cluster here.")

    monkeypatch.setattr(workforce, "check_address", lambda _: None)
    monkeypatch.setattr(workforce, "Cluster", joined)
    frame = read_frame(request.path.parents[1] / "table" / "data" / "tate.csv")
    columns = frame[["title"]] if text else np.eye(len(frame))[:, :3]
    one = Study("question", columns, frame["year"], cluster="h:1")
    with pytest.raises(InputError, match="No cluster here"), one.pool(tmp_path):
        pass
    names = {"posology", "jax", "jaxlib", "keras", "numpy", "scikit-learn", "scipy", "pandas"}
    assert set(asked[0]) == (names | {"skrub"} if text else names)
    assert asked[0]["numpy"] == np.__version__


def test_a_worker_is_placed_when_its_node_says_so(remote):
    worker, _, says = remote
    assert not worker.placed(0)
    says({"hired": FACTS})
    assert worker.placed(0)
    assert worker.process == 7


def test_epochs_come_before_the_answer(remote):
    worker, sent, says = remote
    told = []
    for part in ({"epochs": 3}, {"epochs": 4}):
        says(part)
    says({"reply": {"ok": True}}, {"loss": np.arange(2)})
    reply, arrays = worker.ask({"do": "pack"}, told.append)
    assert (reply, told) == ({"ok": True}, [3, 4])
    np.testing.assert_array_equal(arrays["loss"], [0, 1])
    assert sent == [{"to": "ask", "worker": 3, "message": {"do": "pack"}}]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InputError("No."), InputError),
        (StoppedError("Full."), StoppedError),
        (LostError("It ended.", memory=True), LostError),
        (WorkerError("It failed."), WorkerError),
    ],
)
def test_an_error_of_a_worker_is_the_same_error_here(remote, error, kind):
    worker, _, says = remote
    says(told_of(error))
    with pytest.raises(kind, match=str(error)) as found:
        worker.ask({"do": "pack"})
    assert type(found.value) is kind
    assert getattr(found.value, "memory", False) == getattr(error, "memory", False)


def test_a_lost_machine_is_no_fault_of_the_task(remote):
    worker, _, says = remote
    says({"raised": "machine", "text": "The actor died."})
    with pytest.raises(LostError, match="A node of the cluster was lost during 'pack'") as found:
        worker.ask({"do": "pack"})
    assert found.value.machine


def test_an_actor_that_cannot_start_says_what_its_node_lacks(remote):
    worker, _, says = remote
    says({"raised": "unable", "text": "ModuleNotFoundError: No module named 'posology'."})
    with pytest.raises(InputError, match=r"No module named 'posology'\. Every node needs the same posology"):
        worker.placed(0)


def test_a_finished_network_arrives_as_files(remote, tmp_path):
    worker, _, says = remote
    says(
        {"reply": {"width": 2}}, {"model.keras": np.frombuffer(b"m", "uint8"), "layout.json": np.frombuffer(b"l", "u1")}
    )
    assert worker.ask({"do": "finish", "folder": str(tmp_path)}) == ({"width": 2}, {})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"model.keras": b"m", "layout.json": b"l"}


def test_a_file_that_would_leave_the_folder_is_refused(remote, tmp_path):
    worker, _, says = remote
    says({"reply": {}}, {"../out": np.frombuffer(b"m", "uint8")})
    with pytest.raises(WorkerError, match=r"a file '\.\./out', which is no name"):
        worker.ask({"do": "finish", "folder": str(tmp_path / "in")})


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    relays = []

    def made():
        relays.append(
            Relay("cluster-test", np.frombuffer(b"rows", "uint8"), {"net.py": b"x = 1", "own/parts.py": b"y = 2"})
        )
        return relays[-1]

    yield made
    for relay in relays:
        relay.end()


def test_relays_of_a_node_share_what_was_sent_and_the_last_takes_it_away(node, tmp_path):
    first, second = node(), node()
    folder = tmp_path / "posology-cluster-test"
    assert (folder / "table.feather").read_bytes() == b"rows"
    assert (folder / "network" / "net.py").read_bytes() == b"x = 1"
    assert (folder / "network" / "own" / "parts.py").read_bytes() == b"y = 2"
    first.end()
    assert folder.exists()
    second.end()
    assert not folder.exists()


def test_a_relay_passes_on_to_a_worker_what_it_is_asked(node):
    relay = node()
    source = {"kind": "file", "where": "/none.py", "function": "f"}
    (answer,) = relay.ask(json.dumps({"do": "fit", "source": source}), b"")
    assert json.loads(answer[0])["raised"] == "input"
    assert "none.py" in json.loads(answer[0])["text"]
    (failed,) = relay.ask(json.dumps({"do": "nothing"}), b"")
    assert "A worker failed during 'nothing'" in json.loads(failed[0])["text"]
    facts = relay.facts(["numpy", "no-such-package"])
    assert facts["versions"] == {"numpy": np.__version__, "no-such-package": None}


class Machine:
    """A worker that answers packs with their name until its machine is switched off; some never have a place."""

    def __init__(self, place, dies):
        self.process, self.studies, self.bound = 1, 0, False
        self._place, self._dies = place, dies
        self.asked = []

    def placed(self, seconds):
        if self._place is None:
            raise LostError("Gone before it began.", machine=True)
        if not self._place:
            time.sleep(min(seconds, 0.01))
        return self._place

    def ask(self, message, _tell=None, _arrays=None):
        self.asked.append(message["do"])
        if message["do"] == "pack" and self._dies:
            raise LostError("Gone.", machine=True)
        return {"said": message.get("name", "open")}, {}

    def stop(self):
        pass


class Refused(Machine):
    """A worker whose node has other versions; the other worker has a core once that is known."""

    def __init__(self, other=None):
        super().__init__(False, False)
        self._other = other

    def placed(self, _seconds):
        if self._other is not None:
            self._other._place = True
        raise InputError("Node n2 of the cluster has jax 0.9 (here: 1.0).")


class Machines:
    """A staff whose workers are given in order."""

    def __init__(self, *workers):
        self._workers, self.hired = iter(workers), []

    def hire(self, _log):
        self.hired.append(next(self._workers))
        return self.hired[-1]

    def let_go(self, worker, _rests):
        worker.stop()

    def check_memory(self, needed, workers):
        pass


@contextlib.contextmanager
def pool_of(staff, workers, tmp_path, lost=lambda _: None):
    job = Job("", NetworkSource("question"), 10, Design(parse_arms("l1")), ("l1",), "")
    with Pool(job, workers, tmp_path, staff=staff, lost=lost) as made:
        yield made


def packs(number):
    return [Pack(f"p{i}", 0, 0, 0, ()) for i in range(number)]


def test_the_task_of_a_lost_machine_is_done_by_another_and_so_are_all_that_follow(tmp_path):
    lost, staff = [], Machines(Machine(True, True), Machine(True, False), Machine(False, False))
    with pool_of(staff, 2, tmp_path, lost.append) as made:
        futures = [made.submit(pack) for pack in packs(20)]
        assert [future.result(10)[0]["said"] for future in futures] == [f"p{i}" for i in range(20)]
    assert [worker.reason for worker in lost] in ([], ["Gone."]), "the other may have done all"
    assert all(worker.asked.count("open") <= 1 for worker in staff.hired)


def test_a_machine_that_comes_back_opens_the_study_and_goes_on(tmp_path):
    staff = Machines(Machine(True, True), Machine(True, False))
    with pool_of(staff, 1, tmp_path) as made:
        assert made.submit(packs(1)[0]).result(10)[0]["said"] == "p0"
    assert staff.hired[1].asked == ["open", "pack"]


def test_a_machine_that_goes_away_before_its_worker_begins_is_no_loss(tmp_path):
    lost, staff = [], Machines(Machine(None, False), Machine(True, True), Machine(None, False), Machine(True, False))
    with pool_of(staff, 1, tmp_path, lost.append) as made:
        assert made.submit(packs(1)[0]).result(10)[0]["said"] == "p0"
    assert [worker.reason for worker in lost] == ["Gone."]


def test_where_no_machine_is_left_the_study_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "HOMELESS", 0.2)
    staff = Machines(Machine(True, True), Machine(False, False))
    with pool_of(staff, 1, tmp_path) as made:
        futures = [made.submit(pack) for pack in packs(3)]
        for future in futures:
            with pytest.raises(NoPlaceError, match="No core of the cluster became free"):
                future.result(10)


def test_where_the_last_machine_that_comes_back_cannot_have_the_worker_the_study_ends(tmp_path):
    with pool_of(Machines(Machine(True, True), Refused()), 1, tmp_path) as made:
        futures = [made.submit(pack) for pack in packs(3)]
        for future in futures:
            with pytest.raises(InputError, match=r"Node n2 of the cluster has jax 0\.9"):
                future.result(10)


def test_a_machine_that_cannot_have_the_worker_leaves_the_work_to_the_others(tmp_path):
    other = Machine(False, False)
    staff = Machines(Machine(True, True), other, Refused(other))
    with pool_of(staff, 2, tmp_path) as made:
        futures = [made.submit(pack) for pack in packs(20)]
        assert [future.result(10)[0]["said"] for future in futures] == [f"p{i}" for i in range(20)]
    assert len(staff.hired) == 3


def test_a_pool_that_waits_for_a_core_can_be_closed(tmp_path):
    before = threading.active_count()
    with pool_of(Machines(Machine(False, False)), 1, tmp_path):
        pass
    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() <= before
