"""Where packs run: local worker processes."""

from posology.execution.job import ALL_ROWS_SPLITS, Job
from posology.execution.pool import LocalPool, one_worker, result_of

__all__ = ["ALL_ROWS_SPLITS", "Job", "LocalPool", "one_worker", "result_of"]
