"""The arguments of `model.fit` mean what they mean in Keras."""

import keras
import pytest

from posology.errors import InputError
from posology.plan import PLAIN_QUESTION, Callbacks, Design, read_fit_arguments

C = keras.callbacks


def test_what_keras_is_given_is_what_is_studied():
    stopping = C.EarlyStopping(patience=7, min_delta=1e-3, start_from_epoch=4, restore_best_weights=True)
    plateau = C.ReduceLROnPlateau(factor=0.3, patience=3, min_delta=2e-4, cooldown=2, min_lr=1e-5)
    found = read_fit_arguments(
        {"epochs": 80, "batch_size": 16, "validation_split": 0.2, "callbacks": [stopping, plateau], "verbose": 2}
    )
    design = found.applied(Design(PLAIN_QUESTION, folds=4))
    assert (design.epochs, design.batch_size, design.patience, design.folds) == (80, 16, 7, 4)
    assert design.inner_parts == 5
    assert design.callbacks == Callbacks(1e-3, 4, True, 0.3, 3, 2e-4, 2, 1e-5)


def test_without_early_stopping_every_network_trains_all_epochs():
    assert read_fit_arguments({"epochs": 30}).applied(Design(PLAIN_QUESTION)).patience is None


def test_the_last_weights_count_unless_the_best_are_restored():
    assert not read_fit_arguments({"callbacks": C.EarlyStopping()}).callbacks.restore_best_weights
    assert read_fit_arguments({"callbacks": C.EarlyStopping()}).patience == 1  # Keras' 0 ends at the first worse epoch


def test_what_is_given_as_keras_has_it_by_default_is_not_given():
    usual = {"class_weight": None, "validation_data": None, "steps_per_epoch": None, "validation_split": 0.0}
    assert read_fit_arguments({"epochs": 5, **usual}) == read_fit_arguments({"epochs": 5})


def test_callbacks_that_do_not_train_are_left_out_and_said():
    found = read_fit_arguments({"callbacks": [C.TerminateOnNaN(), C.CSVLogger("log.csv")]})
    assert found.notes == tuple(
        f"The callback {name} is left out: it does not act on the training." for name in ("TerminateOnNaN", "CSVLogger")
    )


class Own(C.EarlyStopping):
    pass


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([1], "The fit arguments are of type list. Give a dictionary"),
        ({"epoch": 3}, "an unknown argument 'epoch'. Did you mean 'epochs'?"),
        ({"epochs": 0}, "epochs=0; it must be a whole number from 1"),
        ({"epochs": 2.5}, "epochs=2.5; it must be"),
        ({"batch_size": True}, "batch_size=True; it must be"),
        ({"batch_size": "32"}, "batch_size='32'; it must be"),
        ({"validation_split": 0.8}, "validation_split=0.8; posology watches a share"),
        ({"validation_split": "a"}, "validation_split='a'; posology watches a share"),
        ({"validation_data": ([], [])}, "validation_data: posology takes validation rows out of the table itself"),
        ({"sample_weight": [1]}, "name the column by --weights (in Python: Study(..., sample_weight=...))."),
        ({"class_weight": {0: -1}}, "class_weight has -1 for the class '0'; a weight is a finite number from 0 on."),
        ({"class_weight": [1, 2]}, "class_weight is [1, 2]; it must be 'balanced', or a mapping"),
        ({"shuffle": False}, "shuffle=False; posology shuffles"),
        ({"callbacks": [Own()]}, "the callback Own, which posology cannot take over"),
        ({"callbacks": [C.LearningRateScheduler(lambda _: 0.1)]}, "a schedule of the learning rate goes into the"),
        ({"callbacks": [C.EarlyStopping(monitor="loss")]}, "EarlyStopping watches 'loss' (mode 'auto')"),
        ({"callbacks": [C.ReduceLROnPlateau(monitor="val_mae")]}, "ReduceLROnPlateau(monitor='val_loss', ...)"),
        ({"callbacks": [C.EarlyStopping(baseline=1.0)]}, "EarlyStopping has a baseline"),
        ({"callbacks": [C.EarlyStopping(patience=2), C.EarlyStopping(patience=9)]}, "fit has EarlyStopping 2 times"),
        ({"callbacks": [C.EarlyStopping]}, "fit has the class EarlyStopping. Write EarlyStopping(...)."),
    ],
)
def test_what_cannot_be_kept_is_refused(arguments, message):
    with pytest.raises(InputError) as caught:
        read_fit_arguments(arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize("twice", [{"epochs": 50}, {"batch_size": 8}, {"patience": 3}])
def test_what_is_given_twice_is_refused(twice):
    with pytest.raises(InputError, match=f"{next(iter(twice))} is given twice"):
        read_fit_arguments({"epochs": 10, "batch_size": 4}).applied(Design(PLAIN_QUESTION, **twice))
