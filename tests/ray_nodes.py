"""A Ray cluster on this machine, kept by a process of its own: nodes that can be added and killed."""

import contextlib
import os
import subprocess
import sys
import uuid
from pathlib import Path

from .processes import alive, until

MARK = "POSOLOGY_TEST_CLUSTER"
KEEPER = """
import sys
from ray.cluster_utils import Cluster
cluster, nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}), []
print(cluster.address, flush=True)
for line in sys.stdin:
    if line.startswith("add"):
        nodes.append(cluster.add_node(num_cpus=1))
    else:
        cluster.remove_node(nodes.pop(0), allow_graceful=False)
    print("done", flush=True)
cluster.shutdown()
"""


class RayNodes:
    """A head without cores, and nodes of one core."""

    def __init__(self, temporary):
        self._mark = uuid.uuid4().hex
        self._keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, MARK: self._mark, "TMPDIR": str(temporary), "RAY_worker_niceness": "0"},
        )
        self.address = self._keeper.stdout.readline().strip()
        assert self.address, "no cluster was started"

    def add(self):
        self._tell("add")

    def kill_first(self):
        """End a node's raylet by SIGKILL; what it was running finds out by itself."""
        self._tell("kill")

    def _tell(self, words):
        self._keeper.stdin.write(f"{words}\n")
        self._keeper.stdin.flush()
        assert self._keeper.stdout.readline().strip() == "done"

    def workers(self):
        """List the worker processes that run on the nodes."""
        return [pid for pid, words in self._processes() if "posology.execution.worker" in words]

    def wait_for_none(self):
        """Wait until no worker and no actor of posology is left."""
        until(lambda: not [w for _, w in self._processes() if "posology" in w or "Relay" in w])

    def _processes(self):
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"{MARK}={self._mark}".encode() in (place / "environ").read_bytes() and alive(int(place.name)):
                    yield int(place.name), (place / "cmdline").read_bytes().decode().replace("\0", " ")

    def stop(self):
        self._keeper.stdin.close()
        try:
            self._keeper.wait(60)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
        self._keeper.stdout.close()
