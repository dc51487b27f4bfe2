"""What the watched loss does to a training besides ending it, in the terms of Keras' callbacks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Callbacks:
    """Numbers of `keras.callbacks.EarlyStopping` (its patience is `Design.patience`) and `ReduceLROnPlateau`.

    Parameters
    ----------
    min_delta : float
        A smaller improvement of the watched loss is none.
    start_from_epoch : int
        Epochs at the start that are not judged.
    restore_best_weights : bool
        Whether a training that ends early stands for its best epoch, or for its last one, as in Keras by default.
    plateau_factor : float
        By which the learning rate is multiplied when the watched loss no longer improves; 1 is never.
    plateau_patience, plateau_cooldown : int
        Epochs.
    plateau_min_delta : float
    plateau_min_lr : float
        Learning rate below which it is not reduced.
    """

    min_delta: float = 0.0
    start_from_epoch: int = 0
    restore_best_weights: bool = True
    plateau_factor: float = 1.0
    plateau_patience: int = 10
    plateau_min_delta: float = 1e-4
    plateau_cooldown: int = 0
    plateau_min_lr: float = 0.0
