"""The doctor finds what is wrong, says how to mend it, and finds nothing where nothing is."""

import importlib.metadata
import tempfile

import pytest

from posology import doctor
from posology.doctor import diagnose
from posology.errors import WorkerError

EXAMINED = {"device": "cpu (cpu)", "rows_per_second": 1e5, "difference": 2e-6}


@pytest.fixture
def quick(monkeypatch):
    """Take what worker processes find as given: tests/cli/test_doctor.py asks them."""
    monkeypatch.setattr(doctor, "chosen_switches", tuple)
    monkeypatch.setattr(doctor, "self_test", lambda _switches: "")
    monkeypatch.setattr(doctor, "_examined", lambda: EXAMINED)


def wrong(diagnosis):
    assert not diagnosis.well
    (found,) = [finding for finding in diagnosis.findings if not finding.well]
    assert found.remedy
    return found


def test_a_sound_installation(quick):
    said = []
    found = diagnose(said.append)
    assert found.well, found
    assert all(not finding.remedy for finding in found.findings)
    assert found.rows_per_second == 1e5
    assert len(said) == 3
    assert "within 2e-06 of the largest weight" in {f.name: f.said for f in found.findings}["same as Keras"]


def test_a_library_of_another_release(quick, monkeypatch):
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.4.1" if name == "jax" else real(name))
    found = wrong(diagnose())
    assert found.name == "libraries"
    assert found.said.startswith("jax is 0.4.1, not ")
    assert found.remedy.startswith("pip install 'jax")


def test_a_library_that_is_missing(quick, monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name == "skops":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert wrong(diagnose()).said == "skops is not installed"


def test_an_old_python(quick, monkeypatch):
    monkeypatch.setattr("platform.python_version", lambda: "3.9.2")
    assert wrong(diagnose()).remedy == "posology needs Python >=3.11: install one."


def test_a_temporary_folder_that_cannot_be_written(quick, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    found = wrong(diagnose())
    assert found.said.startswith("cannot be written: ")
    assert "TMPDIR" in found.remedy


def test_a_full_temporary_folder(quick, monkeypatch):
    monkeypatch.setattr(doctor, "LEAST_SPACE", 1 << 60)
    assert "GB free" in wrong(diagnose()).said


def test_little_memory(quick, monkeypatch):
    monkeypatch.setattr(doctor, "free_memory", lambda: doctor.WORKER_MEMORY + 1)
    monkeypatch.setattr(doctor, "cores", lambda: 8)
    assert wrong(diagnose()).remedy == "Close something, or give studies --workers 1."


def test_a_processor_that_computes_wrongly(quick, monkeypatch):
    monkeypatch.setattr(doctor, "self_test", lambda _switches: "gradients of a pack of networks")
    found = diagnose()
    assert wrong(found).said.endswith(": gradients of a pack of networks")
    assert found.rows_per_second is None


def test_no_switches_under_which_it_computes_rightly(quick, monkeypatch):
    def none():
        raise WorkerError("jaxlib 9 computes wrongly on this machine")

    monkeypatch.setattr(doctor, "chosen_switches", none)
    assert wrong(diagnose()).said == "jaxlib 9 computes wrongly on this machine"


def test_a_worker_that_does_not_start(quick, monkeypatch):
    def fail():
        raise WorkerError("A worker process ended by signal 4")

    monkeypatch.setattr(doctor, "_examined", fail)
    found = diagnose()
    assert wrong(found).said == "A worker process ended by signal 4"
    assert found.rows_per_second is None


def test_training_that_is_not_that_of_keras(quick, monkeypatch):
    monkeypatch.setattr(doctor, "_examined", lambda: {**EXAMINED, "difference": 0.02})
    found = wrong(diagnose())
    assert found.name == "same as Keras"
    assert "within 0.02" in found.said
