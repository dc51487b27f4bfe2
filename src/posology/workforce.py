"""Who trains a study's networks: processes of this machine, those that are kept from fit to fit, or a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from posology.continuing import DECISIVE
from posology.errors import InputError
from posology.execution import Job
from posology.execution.cluster import Cluster
from posology.execution.cluster_checks import check_address
from posology.execution.staff import Staff
from posology.machine import cores
from posology.table import Table

MOST_WORKERS = 16
"""A core: each is a process of some hundred megabytes, and more than one a core gain nothing."""


@dataclass(frozen=True)
class Workforce:
    """The workers that a study asks for.

    Parameters
    ----------
    workers : int, optional
        How many; one a core when absent, or as many as the cluster has places.
    cluster : str, optional
        Address of a Ray cluster, HOST:PORT or "auto"; this machine when absent.
    staff : Staff, optional
        Who gives workers of this machine; by default they end with the study.

    Raises
    ------
    InputError
        Too few workers, more than this machine bears, or what is no address.
    """

    workers: int | None = None
    cluster: str | None = None
    staff: Staff | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise InputError(f"workers is {self.workers}; it must be at least 1. Leave it out for one a core.")
        if self.cluster is not None:
            check_address(self.cluster)
        elif self.workers is not None and self.workers > (most := MOST_WORKERS * cores()):
            raise InputError(
                f"workers is {self.workers:,}; on {cores()} cores it can be at most {most}. Leave it out for one a "
                "core."
            )

    @contextmanager
    def hired(self, job: Job, table: Table, scratch: Path) -> Iterator[tuple[Staff | None, int]]:
        """Give who gives the workers, and how many of them the study is to have."""
        if self.cluster is None:
            yield self.staff, self.workers or cores()
            return
        with Cluster(self.cluster, job, _alike_on_nodes(table), scratch) as cluster:
            yield cluster, min(self.workers or cluster.places, cluster.places)


HERE = Workforce()
"""A process a core of this machine."""


def _alike_on_nodes(table: Table) -> dict[str, str]:
    """Give what the nodes of a cluster must have: what trains the networks, and what prepares their columns."""
    preparing = ("numpy", "scikit-learn", "scipy", "pandas", *(["skrub"] if "text" in table.kinds else []))
    return {name: metadata.version(name) for name in (*DECISIVE, *preparing)}
