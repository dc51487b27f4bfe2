"""All the places of a network where a regularizer can act, and the same places in a network rebuilt from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from posology.errors import InputError
from posology.network.branches import branch_sites, pair_sites
from posology.network.choice import Choice
from posology.network.graph import graph_of
from posology.network.norms import norm_sites
from posology.network.sites import Site, dropout_sites, kernel_sites
from posology.network.surgery import inserted_path


def places_of(model: Any, choice: Choice) -> tuple[Site, ...]:
    """List the sites: kernels, then those of dropout, branches, pairs of them, and normalizations.

    Examples
    --------
    >>> from keras import Input, Sequential, layers
    >>> net = Sequential([Input((3,)), layers.Dense(4, "relu", name="hidden"), layers.Dense(1, name="out")])
    >>> [(site.kind, site.layer) for site in places_of(net, Choice())]
    [('kernel', 'hidden'), ('dropout', 'hidden'), ('norm', 'hidden')]
    """
    graph = graph_of(model)
    lists = (kernel_sites, dropout_sites, branch_sites, pair_sites, norm_sites)
    return tuple(site for sites in lists for site in sites(model, choice, graph))


def same_places(without: Sequence[Site], having: Any, name: str, *, every: bool) -> tuple[Site, ...]:
    """Find a network's sites in that with a normalization, in the same order: strengths are numbered by site.

    Keras orders the layers of a Functional model by their depth, which a layer that is put in changes. So sites are
    matched by their layer; what stands behind a Dense now, its normalization or its activation, is the Dense's.

    Parameters
    ----------
    without : sequence of Site
        Of the user's network, normalizations included.
    having : keras.Model
        The network with the normalization at all of these.
    name : str
        Of the regularizer.
    every : bool
        Whether places are studied too where the network has nothing (`Choice`).

    Returns
    -------
    tuple of Site
        As that network names them, without those of normalizations.

    Raises
    ------
    InputError
        It lacks one.
    """
    layers = [site.layer for site in without if site.kind == "norm"]
    owner = {inserted_path(layer, what): layer for layer in layers for what in (name, "activation")}
    # names that the user chose are those of their own network
    there = {_place(site, owner): site for site in places_of(having, Choice(every=every))}
    wanted = [site for site in without if site.kind != "norm"]
    if lost := [site for site in wanted if _place(site, owner) not in there]:
        raise InputError(
            f"With '{name}' behind its hidden layers the network has no {lost[0].kind} site at '{lost[0].layer}', "
            f"which it has without it. Leave '{name}' out of --arms, or '{lost[0].layer}' out with --exclude."
        )
    return tuple(there[_place(site, owner)] for site in wanted)


def _place(site: Site, owner: Mapping[str, str]) -> tuple[str, ...]:
    # the argument of a pair of branches is a layer too
    return site.kind, owner.get(site.layer, site.layer), owner.get(site.argument, site.argument)
