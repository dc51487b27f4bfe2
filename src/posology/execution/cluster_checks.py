"""What of a cluster is refused, and how its failures are said: addresses, versions, replies."""

import importlib.util
from collections.abc import Mapping
from typing import Any

import posology
from posology.errors import InputError, PosologyError, StoppedError, WorkerError
from posology.execution.frames import Message
from posology.execution.worker_process import LostError


def check_address(address: str) -> None:
    """Refuse what is no address, and where Ray is not installed.

    Raises
    ------
    InputError
        The address is no HOST:PORT, or there is no Ray.
    """
    host, _, port = address.rpartition(":")
    if address.startswith("ray://"):
        raise InputError(
            f"'{address}' is an address of Ray Client. Run posology on a machine of the cluster, and give the address "
            "of its head: --cluster HOST:6379, or --cluster auto."
        )
    if address != "auto" and not (host and port.isdecimal() and int(port) < 65_536):
        raise InputError(
            f"The cluster's address is '{address}'. Give HOST:PORT as `ray start --head` printed it, such as "
            "10.0.0.1:6379, or auto on a machine of the cluster."
        )
    if importlib.util.find_spec("ray") is None:
        raise InputError("A cluster needs Ray, which is not installed. Run: pip install 'posology[ray]'")


def refusal(address: str, said: str) -> str:
    """Say why there is no connection, and what to do."""
    lines = " ".join(line.strip() for line in said.splitlines() if line.strip())
    if "Version mismatch" in said:
        return (
            f"The cluster at {address} runs another Ray or Python than this machine: {lines} Install the same on every "
            "machine."
        )
    if said.startswith(("ConnectionRefusedError", "TimeoutError", "gaierror", "OSError", "ConnectionError")):
        return (
            f"There is no Ray cluster at {address} ({lines}). Start one with `ray start --head`, and give the address "
            "that it prints."
        )
    return (
        f"The cluster at {address} cannot be joined: {lines} posology must run on a machine of the cluster: "
        "ray start --address=HOST:PORT"
    )


def check_versions(there: Mapping[str, Any], here: Mapping[str, str]) -> None:
    """Refuse a node whose networks may be others.

    Raises
    ------
    InputError
    """
    other = {name: version for name, version in here.items() if there["versions"][name] != version}
    if other:
        has = ", ".join(f"{name} {there['versions'][name] or 'not at all'} (here: {v})" for name, v in other.items())
        wanted = " ".join(f"'{name}=={version}'" for name, version in other.items())
        raise InputError(
            f"Node {there['node']} of the cluster has {has}: its networks may not be alike to the bit. "
            f"Install there: pip install {wanted}"
        )


def check_reply(said: Message, task: str, node: str = "") -> None:
    """Raise what was raised on the other side."""
    kind, text = said.get("raised"), said.get("text", "")
    if kind is None:
        return
    where = f"On node {node}: " if node else ""
    errors: dict[str, PosologyError] = {
        "input": InputError(text),
        "stopped": StoppedError(f"{where}{text}"),
        "lost": LostError(text, memory=said.get("memory", False)),
        "machine": LostError(f"A node of the cluster was lost during '{task}'.", machine=True),
        "unable": InputError(
            f"A worker cannot start on a node of the cluster: {text} Every node needs the same posology: pip install "
            f"'posology[ray]=={posology.__version__}'"
        ),
        "failed": WorkerError(f"{where}A worker failed during '{task}': {text}."),
    }
    raise errors.get(kind) or WorkerError(text)
