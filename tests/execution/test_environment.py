"""The environment of a worker: switches that XLA reads, chosen by a self-test that can fail."""

import importlib.metadata
import json

import numpy as np
import pytest

from posology.engine import selftest
from posology.errors import WorkerError
from posology.execution import environment
from posology.execution.environment import YNN_OFF, YNN_PRODUCTS, chosen_switches, self_test, worker_environment

JAXLIB = importlib.metadata.version("jaxlib")


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("POSOLOGY_CACHE", str(tmp_path))
    chosen_switches.cache_clear()
    yield tmp_path
    chosen_switches.cache_clear()


def test_every_word_of_the_switches_begins_with_dashes():
    # XLA stops reading at the first that does not: those behind it would be ignored in silence
    words = worker_environment()["XLA_FLAGS"].split(" ")
    assert len(words) >= 1
    assert all(word.startswith("--") for word in words)


def test_the_users_own_environment_is_left_alone(monkeypatch):
    import os

    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    before = dict(os.environ)
    assert worker_environment()["KERAS_BACKEND"] == "jax"
    assert dict(os.environ) == before


def test_what_the_user_set_for_other_programs_of_jax_does_not_reach_a_worker(monkeypatch):
    for name in (
        "JAX_DISABLE_JIT",
        "JAX_DEBUG_NANS",
        "JAX_DEFAULT_PRNG_IMPL",
        "PYTHONWARNINGS",
        "XLA_PYTHON_CLIENT_ALLOCATOR",
    ):
        monkeypatch.setenv(name, "1")
        assert name not in worker_environment(())


def test_a_chart_that_a_network_file_shows_opens_no_window():
    assert worker_environment(())["MPLBACKEND"] == "Agg"


@pytest.mark.skipif(JAXLIB != "0.10.2", reason="jax#39103 is a defect of 0.10.2")
def test_the_self_test_catches_the_reported_miscompilation_for_real():
    assert "jax#39103" in self_test(())
    assert self_test(YNN_PRODUCTS) == ""
    assert self_test(YNN_OFF) == ""


@pytest.mark.skipif(JAXLIB != "0.10.2", reason="jax#39103 is a defect of 0.10.2")
def test_the_switch_is_tried_also_where_the_release_is_not_known_for_it(empty_cache, monkeypatch):
    monkeypatch.setattr(environment, "_YNN_RELEASES", ("none",))
    assert chosen_switches() == YNN_PRODUCTS


def test_a_release_without_the_switch_counts_as_failing():
    wrong = self_test(("--xla_no_such_switch=1",))
    assert "exit code" in wrong
    assert "xla_no_such_switch" in wrong


def test_the_answer_is_kept(empty_cache, monkeypatch):
    chosen = chosen_switches()
    (kept,) = empty_cache.glob("*/switches-*.json")
    assert tuple(json.loads(kept.read_text())) == chosen
    chosen_switches.cache_clear()
    monkeypatch.setattr(environment, "self_test", lambda _: pytest.fail("it was tested before"))
    assert chosen_switches() == chosen


def test_a_jaxlib_that_computes_wrongly_whatever_the_switches_is_refused(empty_cache, monkeypatch):
    monkeypatch.setattr(environment, "self_test", lambda _: "gradients of a pack of networks")
    with pytest.raises(WorkerError, match=r"computes wrongly on this machine: gradients .* Install another release"):
        chosen_switches()
    assert not list(empty_cache.glob("*/switches-*.json"))


def test_without_a_cache_it_is_tested_and_not_kept(monkeypatch):
    chosen_switches.cache_clear()
    monkeypatch.setattr(environment, "cache_folder", lambda: None)
    monkeypatch.setattr(environment, "self_test", lambda _: "")
    assert chosen_switches() in (YNN_PRODUCTS, ())
    assert "JAX_COMPILATION_CACHE_DIR" not in worker_environment(())
    chosen_switches.cache_clear()


def test_the_self_test_sees_wrong_gradients_and_wrong_integers(monkeypatch):
    good = selftest._gradient_by_hand
    monkeypatch.setattr(selftest, "_gradient_by_hand", lambda *a: [g * np.float64(1.001) for g in good(*a)])
    assert "gradients of a pack of networks" in selftest.failures()
    monkeypatch.setattr(selftest, "unmix", lambda x: x ^ 1)
    assert "the integer hash behind dropout and shuffling" in selftest.failures()
