"""What of a cluster is refused, in words that say what to do."""

import pytest

from posology.errors import InputError
from posology.execution import cluster_checks
from posology.execution.cluster_checks import check_address, check_versions, refusal

HERE = {"jax": "1.0", "keras": "3.0"}
FACTS = {"node": "n1", "process": 7, "versions": HERE}


@pytest.mark.parametrize("address", ["10.0.0.1", "10.0.0.1:", "host:port", ":6379", "h:99999", ""])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InputError, match=r"Give HOST:PORT as `ray start --head` printed it, such as 10\.0\.0\.1:6379"):
        check_address(address)


def test_an_address_of_ray_client_is_refused_with_the_way_out():
    with pytest.raises(InputError, match=r"an address of Ray Client\. Run posology on a machine of the cluster"):
        check_address("ray://10.0.0.1:10001")


def test_where_ray_is_not_installed_its_extra_is_named(monkeypatch):
    monkeypatch.setattr(cluster_checks.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"not installed\. Run: pip install 'posology\[ray\]'"):
        check_address("auto")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "ConnectionRefusedError: [Errno 111] Connection refused",
            r"There is no Ray cluster at h:1 .*ray start --head",
        ),
        ("ConnectionError: Could not find any running Ray instance.", r"There is no Ray cluster at h:1"),
        (
            "RuntimeError: Version mismatch: The cluster was started with:\n  Ray: 2.50\n  Python: 3.12.1",
            r"another Ray or Python than this machine: .*Ray: 2\.50 Python: 3\.12\.1 Install the same on every machine",
        ),
        (
            "AuthenticationError: no token",
            r"cannot be joined: .*no token posology must run on a machine",
        ),
    ],
)
def test_what_ray_says_is_told_with_what_to_do(said, told):
    with pytest.raises(InputError, match=told):
        raise InputError(refusal("h:1", said))


def test_a_node_with_other_versions_is_refused_by_name():
    check_versions(FACTS, HERE)
    other = {**FACTS, "versions": {"jax": "0.9", "keras": None}}
    with pytest.raises(InputError, match=r"Node n1 .* jax 0\.9 \(here: 1\.0\), keras not at all .* 'jax==1\.0'"):
        check_versions(other, HERE)
