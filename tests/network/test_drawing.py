"""Networks as text: what a line says of a layer."""

import keras

from posology.network.drawing import draw


@keras.saving.register_keras_serializable(package="posology tests")
def snake(x):
    return x + keras.ops.sin(x) ** 2


def test_a_function_of_the_users_own_is_shown_by_its_name():
    inside = keras.layers.Dense(4, snake, kernel_regularizer=keras.regularizers.L2(0.5), name="wave")
    drawn = draw(keras.Sequential([keras.Input((3,)), inside, keras.layers.Activation(snake, name="again")]), [])
    assert drawn == [
        "  wave: Dense(4, activation=snake, kernel_regularizer=L2(l2=0.5))",
        "  again: Activation(activation=snake)",
    ]
