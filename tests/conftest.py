"""Before anything imports Keras or JAX: the tests run as the workers do."""

import os

import pytest

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")


@pytest.fixture(scope="session", autouse=True)
def _compiled_programs_are_kept():
    """Compile what the tests of one run, or of the run before, compiled already only once, as studies do."""
    import jax

    from posology.caching import cache_folder

    if (folder := cache_folder()) is not None:
        jax.config.update("jax_compilation_cache_dir", str(folder / "programs"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
