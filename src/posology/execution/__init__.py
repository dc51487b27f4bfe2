"""Where packs run: worker processes, on this machine or a cluster's."""

from posology.execution.job import ALL_ROWS_SPLITS, Job
from posology.execution.pool import Pool, one_worker, result_of
from posology.execution.seat import LostWorker

__all__ = ["ALL_ROWS_SPLITS", "Job", "LostWorker", "Pool", "one_worker", "result_of"]
