"""A study in MLflow, TensorBoard and Weights & Biases: the libraries themselves, read back; no server, no network.

Each is skipped where its extra is not installed: pip install -e ".[mlflow,tensorboard,wandb]", pytest tests/tracking.
"""

import importlib.util
import json
import logging
import shutil
import struct
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from posology import Callback, InputError, Study
from posology.callbacks import Told
from posology.tracking import TRACKERS, MLflow, TensorBoard, WandB, trackers
from posology.tracking.account import account_of, settings_of

# what these libraries warn of is theirs
pytestmark = pytest.mark.filterwarnings("default")
RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(40, 2)), columns=["a", "b"])
Y = pd.Series(X["a"] + RNG.normal(size=40), name="price")
FEW = {"repeats": 1, "folds": 2, "trials": 2, "refits": 2, "epochs": 2, "inner_splits": 1, "workers": 1}
ARMS = ("none", "l2", "dropout:decay")


class Keeps(Callback):
    """Keeps what a study tells, to be told to any tracker."""

    def on_begin(self, begun):
        self.begun, self.done = begun, []

    def on_resample(self, done):
        self.done.append(done)

    def on_end(self, result):
        self.result = result

    def tell(self, tracker, *, stops=False):
        tracker.on_begin(self.begun)
        for done in self.done:
            tracker.on_resample(done)
        tracker.on_stop("the disk is full") if stops else tracker.on_end(self.result)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Run one study, whose events every tracker is told."""
    keeps, folder = Keeps(), tmp_path_factory.mktemp("tracked") / "houses"
    Study("question", X, Y, arms="; ".join(ARMS), levers=False, **FEW, folder=folder, callbacks=[keeps]).run()
    return keeps


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "WANDB_PROJECT", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"MLFLOW_DISABLE_TELEMETRY": "true", "WANDB_MODE": "offline", "WANDB_SILENT": "true"}.items():
        monkeypatch.setenv(name, value)


def needs(package):
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"needs the [{package}] extra")


def test_the_account_is_the_study(study):
    account, result = account_of(study.result), study.result
    assert account.verdict == " ".join(result.verdict.sentences)
    assert [arm.name for arm in account.arms] == list(result.to_frame().index)
    by_seed = result.evidence["scores"]
    for arm in account.arms:
        assert [one["r2"] for one in arm.resamples] == pytest.approx([np.mean(fit) for fit in by_seed[arm.name]])
        assert arm.numbers["r2"] == pytest.approx(result.to_frame()["r2"][arm.name])
        assert ("gain_over_none" in arm.numbers) == (arm.name != "none")
        strengths = {name for one in arm.resamples for name in one if name.startswith("strength/")}
        assert strengths == {f"strength/{name}" for name in arm.strengths}
    l2 = next(arm for arm in account.arms if arm.name == "l2")
    assert np.mean([one["strength/l2"] for one in l2.resamples]) > 0
    assert [path.name for path in account.files] == ["report.html", "verdict.json"]


def test_settings_are_those_of_a_study_file(study):
    settings = settings_of(study.begun)
    assert (settings["target"], settings["arms"], settings["rows"]) == ("price", "none; l2; dropout:decay", "40")
    assert "version of keras" in settings
    assert all(len(value) <= 250 for value in settings.values())


# mlflow


@needs("mlflow")
def test_mlflow_has_a_run_of_the_study_and_one_of_each_arm(study, tmp_path):
    from mlflow import MlflowClient

    study.tell(MLflow(f"sqlite:///{tmp_path / 'runs.db'}"))
    client = MlflowClient(f"sqlite:///{tmp_path / 'runs.db'}")
    (experiment,) = [e for e in client.search_experiments() if e.name == "posology"]
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"houses", *ARMS}
    parent, account = runs["houses"], account_of(study.result)
    assert parent.data.params["target"] == "price"
    assert parent.data.metrics["resamples done"] == 2
    assert parent.data.tags["mlflow.note.content"] == account.verdict
    assert {file.path for file in client.list_artifacts(parent.info.run_id)} == {"report.html", "verdict.json"}
    for arm in account.arms:
        run = runs[arm.name]
        assert (run.info.status, run.data.tags["mlflow.parentRunId"]) == ("FINISHED", parent.info.run_id)
        assert {name: run.data.metrics[name] for name in arm.numbers} == pytest.approx(arm.numbers)
        history = client.get_metric_history(run.info.run_id, "by resample/r2")
        assert [(m.step, m.value) for m in sorted(history, key=lambda m: m.step)] == [
            (step, pytest.approx(one["r2"])) for step, one in enumerate(arm.resamples)
        ]
    assert "strength of l2" in runs["l2"].data.params
    _goes_on_in_the_same_run(study, client, experiment.experiment_id)


def _goes_on_in_the_same_run(study, client, experiment):
    """A stopped study goes on in its run, a finished one begins another."""
    uri = client.tracking_uri

    def named():
        return [run for run in client.search_runs([experiment]) if run.info.run_name == "houses"]

    study.tell(MLflow(uri), stops=True)
    assert sorted(run.info.status for run in named()) == ["FINISHED", "KILLED"]
    assert named()[0].data.tags["stopped"] == "the disk is full"
    study.tell(MLflow(uri))
    assert [run.info.status for run in named()] == ["FINISHED", "FINISHED"]
    assert not (study.begun.folder / ".mlflow").exists()
    # what was asked otherwise is another run: MLflow's settings cannot change
    study.tell(MLflow(uri), stops=True)
    settings = study.begun.settings
    more = replace(settings, design=replace(settings.design, repeats=2))
    tracker = MLflow(uri)
    tracker.on_begin(replace(study.begun, settings=more))
    tracker.on_end(study.result)
    assert sorted(run.info.status for run in named()) == ["FINISHED", "FINISHED", "FINISHED", "KILLED"]


@needs("mlflow")
def test_a_server_that_is_not_there_costs_a_warning(study, caplog, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    told = Told([MLflow("http://127.0.0.1:9")])
    told.begins(study.begun)
    told.ends(study.result)
    warned = [r.getMessage() for r in caplog.records if r.name == "posology" and r.levelno == logging.WARNING]
    assert len(warned) == 1
    assert warned[0].startswith("MLflow failed in on_begin and is not called again; the study goes on. MlflowException")


# tensorboard


def events(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder))
    read.Reload()
    return read


def numbers(read, name):
    # the writer keeps numbers as tensors, as TensorFlow 2 does
    return [(e.step, e.tensor_proto.float_val[0]) for e in read.Tensors(name)]


def text(read, name):
    return read.Tensors(name)[0].tensor_proto.string_val[0].decode()


@needs("tensorboard")
def test_tensorboard_has_events_of_the_study_and_of_each_arm(study):
    account = account_of(study.result)
    for _ in range(2):  # a study that is run again has one run still
        study.tell(TensorBoard())
        folder = study.begun.folder / "tensorboard"
        assert sorted(p.name for p in folder.iterdir()) == ["dropout.decay", "l2", "none", "study"]
        own = events(folder / "study")
        assert text(own, "verdict") == account.verdict
        assert "| target | price |" in text(own, "settings")
        assert [step for step, _ in numbers(own, "resamples done")] == [1, 2]
        for arm in account.arms:
            read = events(folder / arm.name.replace(":", "."))
            scores = [(step, pytest.approx(one["r2"], rel=1e-5)) for step, one in enumerate(arm.resamples)]
            assert numbers(read, "by resample/r2") == scores
            assert numbers(read, "r2") == [(0, pytest.approx(arm.numbers["r2"], rel=1e-5))]
            assert "_hparams_/session_start_info" in read.summary_metadata
    shutil.rmtree(folder)


@needs("tensorboard")
def test_tensorboard_where_the_user_says(study, tmp_path):
    study.tell(TensorBoard(tmp_path / "all"), stops=True)
    assert sorted(p.name for p in (tmp_path / "all" / "houses").iterdir()) == ["study", "study.txt"]
    assert text(events(tmp_path / "all" / "houses" / "study"), "stopped") == "the disk is full"
    # another study of that name has a folder of its own, and leaves these events alone
    other = TensorBoard(tmp_path / "all")
    other.on_begin(replace(study.begun, folder=tmp_path / "elsewhere" / "houses"))
    other.on_stop("no time")
    assert text(events(tmp_path / "all" / "houses" / "study"), "stopped") == "the disk is full"
    assert text(events(tmp_path / "all" / "houses-2" / "study"), "stopped") == "no time"
    study.tell(TensorBoard(tmp_path / "all"), stops=True)
    assert sorted(p.name for p in (tmp_path / "all").iterdir()) == ["houses", "houses-2"]


# weights & biases

BLOCK, WHOLE, LAST = 32_768, 1, 4


def records(path):
    """Read an offline run of Weights & Biases: records in blocks, as in a log of LevelDB, behind seven bytes."""
    from wandb.proto import wandb_internal_pb2

    data, at, so_far = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:  # no room for a header
            at += BLOCK - at % BLOCK
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        so_far += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (WHOLE, LAST):
            yield wandb_internal_pb2.Record.FromString(so_far)
            so_far = b""


@needs("wandb")
def test_wandb_has_a_run_of_the_study_and_one_of_each_arm(study):
    import wandb

    study.tell(WandB(mode="offline"))
    assert wandb.run is None
    runs = {}
    for path in (study.begun.folder / "wandb").rglob("*.wandb"):
        found = list(records(path))
        (run,) = [r.run for r in found if r.WhichOneof("record_type") == "run"][:1]
        runs[run.display_name] = (run, found)
    assert set(runs) == {"houses", *ARMS}
    assert {run.job_type for run, _ in runs.values()} == {"study", "arm"}
    assert len({run.run_group for run, _ in runs.values()}) == 1
    account = account_of(study.result)
    for arm in account.arms:
        scores = [
            json.loads(item.value_json)
            for record in runs[arm.name][1]
            if record.WhichOneof("record_type") == "history"
            for item in record.history.item
            if (item.key or "/".join(item.nested_key)) == "by resample/r2"
        ]
        assert scores == pytest.approx([one["r2"] for one in arm.resamples])
    config = {item.key: json.loads(item.value_json) for item in runs["houses"][0].config.update}
    assert config["target"] == "price"
    shutil.rmtree(study.begun.folder / "wandb")


# asked for by name


def test_trackers_by_name(monkeypatch):
    monkeypatch.setattr("posology.tracking.account.find_spec", lambda _: object())
    assert [type(one) for one in trackers(["wandb", "mlflow", "wandb"])] == [WandB, MLflow]
    with pytest.raises(InputError, match=r"--track has an unknown 'mlfow'\. Did you mean 'mlflow'\? Known: mlflow, "):
        trackers(["mlfow"])


@pytest.mark.parametrize("name", TRACKERS)
def test_one_whose_library_is_missing(name, monkeypatch):
    monkeypatch.setattr("posology.tracking.account.find_spec", lambda _: None)
    with pytest.raises(InputError) as caught:
        trackers([name])
    assert str(caught.value) == (
        f"--track {name} needs {name}, not installed here. Run: pip install 'posology[{name}]'"
    )


def test_making_a_tracker_imports_no_library():
    code = (
        "import sys; from posology.tracking import trackers, TRACKERS\n"
        "from importlib.util import find_spec\n"
        "trackers(name for name in TRACKERS if find_spec(name))\n"
        "print([name for name in TRACKERS if name in sys.modules])"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
