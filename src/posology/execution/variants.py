"""The network of a study as its packs train it: the user's own, or that with a normalization behind its layers."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import numpy as np

from posology.execution.job import Job
from posology.network.alike import check_alike
from posology.network.norms import normalized, places_in, with_own
from posology.network.packed import PackedNetwork
from posology.network.places import same_places
from posology.network.sites import Site
from posology.network.structure import StructureWarning, arm_warnings, structure_warnings
from posology.plan import regularizers_of
from posology.regularizers import REGULARIZERS, normalizations


def norm_of(names: Collection[str]) -> str:
    """Name the normalization among regularizers, of which there is one at most; nothing where there is none.

    Examples
    --------
    >>> norm_of(("dropout", "layer_norm")), norm_of(("dropout",))
    ('layer_norm', '')
    """
    return next(iter(normalizations(names)), "")


class Variants:
    """Builds the networks of a study, each once.

    Parameters
    ----------
    job : Job
        The study's constants.
    model : keras.Model
        The user's network.
    network : PackedNetwork
        The same with all regularizers of the study.
    """

    def __init__(self, job: Job, model: Any, network: PackedNetwork) -> None:
        self._job, self._model, self._network = job, model, network
        self.model = cache(self._model_with)
        """Gives the network with a normalization; without one, which is "", the user's own."""
        self.packed = cache(self._packed_with)
        """Gives the same as pure functions, with all other regularizers of the study."""

    def _model_with(self, norm: str) -> Any:
        return normalized(self._model, norm, self._network.norm_sites) if norm else self._model

    def _packed_with(self, norm: str) -> PackedNetwork:
        if not norm:
            return self._network
        model, choice = self.model(norm), self._job.choice
        return self._with(
            norm, self._job.regularizers, same_places(self._network.places, model, norm, every=choice.every)
        )

    def prove(self) -> None:
        """Build all networks, so that one that cannot be studied is refused before anything is trained.

        Raises
        ------
        InputError
            A network with a normalization has other sites.
        """
        for norm in normalizations(self._job.regularizers):
            self.packed(norm)

    def warnings(self) -> list[StructureWarning]:
        """Read what the structure of the user's network says, then what arms with a normalization add to it."""
        own = self._network
        found = list(structure_warnings(self._model, own.choice, self._job.regularizers, own.classes))
        said = {(warning.code, layer) for warning in found for layer in warning.sites}
        for norm in normalizations(self._job.regularizers):
            having = self.packed(norm)
            kernels = _pairs(own.kernel_sites, having.kernel_sites, "scale-cancelled", said)
            drops = _pairs(own.dropout_sites, having.dropout_sites, "variance-shift", said)
            found += arm_warnings(self.model(norm), norm, self._beside(norm), kernels, drops)
        return found

    def _beside(self, norm: str) -> set[str]:
        """Name the regularizers that an arm has beside a normalization; of a cabinet any may be."""
        design = self._job.design
        arms = map(regularizers_of, design.arms)
        return {*design.cabinet, *(name for arm in arms if norm in arm for name in arm)}

    def _with(self, norm: str, names: Collection[str], places: Sequence[Site]) -> PackedNetwork:
        own = self._network
        return PackedNetwork(self.model(norm), names, own.choice, own.classes, own.targets, places)

    def with_activations(self, names: tuple[str, ...]) -> PackedNetwork:
        """Give the network of a program, with no more than these regularizers at its activations."""
        acting = [name for name in self._job.regularizers if REGULARIZERS[name].place.kind == "dropout"]
        norm = norm_of(names)
        if all(name in names for name in acting):
            return self.packed(norm)
        return self._with(norm, names, self.packed(norm).places)

    def first_weights(self, key: int, built: Any, norm: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Draw initial weights of a build of the user's function: with a normalization, the same and its own."""
        own, state = self._network.first_weights(key, built)
        if not norm:
            return own, state
        # Keras draws layer by layer, in an order that a normalization can change
        weights, state = self.packed(norm).first_weights(key, self._like(built, norm))
        return with_own(self._model, self.model(norm), own, weights), state

    def own_arrays(self, weights: Sequence[Any], norm: str) -> list[Any]:
        """Pick the arrays that the user's network has, in its order."""
        return [weights[place] for place in places_in(self._model, self.model(norm))] if norm else list(weights)

    def _like(self, built: Any, norm: str) -> Any:
        """Give a build of the user's function as the network with a normalization has it."""
        check_alike(self._model, built)
        return normalized(self._model, norm, self._network.norm_sites, built)


def _pairs(
    own: Sequence[Site], theirs: Sequence[Site], code: str, said: Collection[tuple[str, str]]
) -> dict[str, Site]:
    """Give the sites of a network with a normalization by their layers in the user's own, as far as nothing is said."""
    return {a.layer: b for a, b in zip(own, theirs, strict=True) if (code, a.layer) not in said}
