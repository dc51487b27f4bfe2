"""The network of a study as its packs train it: the user's own, or that with a normalization behind its layers."""

from collections.abc import Collection
from functools import cache
from typing import Any

from posology.execution.job import Job
from posology.network.alike import check_alike
from posology.network.norms import check_same_sites, choice_with, normalized
from posology.network.packed import PackedNetwork
from posology.regularizers import REGULARIZERS, Place


def norm_of(names: Collection[str]) -> str:
    """Name the normalization among regularizers, of which there is one at most; nothing where there is none.

    Examples
    --------
    >>> norm_of(("dropout", "layer_norm")), norm_of(("dropout",))
    ('layer_norm', '')
    """
    return next((name for name in names if REGULARIZERS[name].place is Place.NORMS), "")


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
        choice = choice_with(self._job.choice)
        out = PackedNetwork(
            self.model(norm), self._job.regularizers, choice, self._network.classes, self._network.targets
        )
        check_same_sites(self._network.places, out.places, norm)
        return out

    def with_activations(self, names: tuple[str, ...]) -> PackedNetwork:
        """Give the network of a program, with no more than these regularizers at its activations."""
        acting = [name for name in self._job.regularizers if REGULARIZERS[name].place.kind == "dropout"]
        norm = norm_of(names)
        if all(name in names for name in acting):
            return self.packed(norm)
        return PackedNetwork(
            self.model(norm), names, self.packed(norm).choice, self._network.classes, self._network.targets
        )

    def like(self, built: Any, norm: str) -> Any:
        """Give a build of the user's function as the network with a normalization has it."""
        if not norm:
            return built
        check_alike(self._model, built)
        return normalized(self._model, norm, self._network.norm_sites, built)
