"""Layers on the replica axis: every copy does what it does alone, in one program, without a loop over replicas."""

import numpy as np
import pytest

from stages.training.backend import keras, tf
from stages.training.layers.mapping import for_each, noting_unmapped

LAYERS = keras.layers
IMAGE, SEQUENCE = (6, 7, 2), (5, 3)


def residual(rows):
    first = LAYERS.Conv2D(3, 3, padding="same")(rows)
    second = LAYERS.BatchNormalization()(LAYERS.Conv2D(3, 1)(first))
    return LAYERS.Concatenate()([LAYERS.Add()([first, second]), first])


def attention(rows):
    attended = LAYERS.MultiHeadAttention(2, 4, dropout=0.2)(rows, rows)
    return LAYERS.LayerNormalization()(LAYERS.Add()([rows, attended]))


QUICK = {
    "residual": (IMAGE, residual),
    "attention": (SEQUENCE, attention),
    "GRU": (SEQUENCE, LAYERS.GRU(4, dropout=0.2)),
    "dropout": (SEQUENCE, LAYERS.Dropout(0.4)),
    "transposed convolution": (IMAGE, LAYERS.Conv2DTranspose(3, 3, strides=2, padding="same")),
    "translation": (IMAGE, LAYERS.RandomTranslation(0.3, 0.3)),
}
OTHERS = {
    "strides": (IMAGE, LAYERS.Conv2D(3, 3, strides=2, padding="same")),
    "dilation": (IMAGE, LAYERS.Conv2D(3, 2, dilation_rate=2)),
    "convolution of sequences": (SEQUENCE, LAYERS.Conv1D(4, 3, padding="causal")),
    "transposed, of sequences": (SEQUENCE, LAYERS.Conv1DTranspose(4, 3, strides=2)),
    "depthwise": (IMAGE, LAYERS.DepthwiseConv2D(3)),
    "separable": (IMAGE, LAYERS.SeparableConv2D(4, 3)),
    "largest of a pool": (IMAGE, LAYERS.MaxPooling2D(2)),
    "mean of a pool": (IMAGE, LAYERS.AveragePooling2D(2, padding="same")),
    "global": (IMAGE, LAYERS.GlobalMaxPooling2D()),
    "upsampling": (IMAGE, LAYERS.UpSampling2D(2)),
    "bilinear": (IMAGE, LAYERS.UpSampling2D(2, interpolation="bilinear")),
    "groups": ((6, 7, 4), LAYERS.GroupNormalization(2)),
    "noise": (IMAGE, LAYERS.GaussianNoise(0.3)),
    "channels dropped": (IMAGE, LAYERS.SpatialDropout2D(0.4)),
    "LSTM": (SEQUENCE, LAYERS.LSTM(4)),
    "both ways": (SEQUENCE, LAYERS.Bidirectional(LAYERS.GRU(3))),
    "each step": (SEQUENCE, LAYERS.TimeDistributed(LAYERS.Dense(3))),
    "flip": (IMAGE, LAYERS.RandomFlip()),
    "rotation": (IMAGE, LAYERS.RandomRotation(0.2)),
    "zoom": (IMAGE, LAYERS.RandomZoom(0.2)),
    "contrast": (IMAGE, LAYERS.RandomContrast(0.2)),
}
N_REPLICAS, N_ROWS = 3, 5


class Gates(LAYERS.Layer):
    """Parts of the last axis, equal and unequal, of one axis and of another, with and without a stride."""

    def call(self, rows):
        first, second = rows[:, :, :2], rows[:, :, 2:]
        uneven, backwards, steps = rows[:, :, 1:4], rows[:, :, ::-1], rows[:, 1:3, 2:4]
        together = keras.ops.concatenate([first * second, second[:, :, :1], uneven, backwards], axis=-1)
        return together + keras.ops.sum(steps, axis=(1, 2), keepdims=True)


QUICK["parts of the last axis"] = ((5, 4), Gates())


class Words(LAYERS.Layer):
    """An embedding of whole numbers made of the rows."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.words = LAYERS.Embedding(5, 3)

    def call(self, rows):
        return self.words(keras.ops.cast(keras.ops.clip(keras.ops.abs(rows), 0, 4), "int32"))


OTHERS["embedding"] = (SEQUENCE, Words())


def build(shape, layer, seed):
    keras.utils.set_random_seed(seed)
    again = layer.from_config(layer.get_config()) if isinstance(layer, LAYERS.Layer) else layer
    rows = keras.Input(shape)
    return keras.Model(rows, LAYERS.Dense(2)(LAYERS.Flatten()(again(LAYERS.Dense(shape[-1])(rows)))))


def stacked(models, which):
    values = zip(*(getattr(model, which) for model in models), strict=True)
    return [tf.constant(np.stack([variable.numpy() for variable in of_all])) for of_all in values]


def step(model, weights, state, rows):
    """Outputs, the state after them, and the gradient of their squares, of one copy."""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        outputs, after = model.stateless_call(weights, state, rows, training=True)
        total = tf.reduce_sum(outputs**2)
    gradients = tape.gradient(total, weights, unconnected_gradients="zero")
    return outputs, after, [tf.convert_to_tensor(gradient) for gradient in gradients]  # an embedding's are sparse


@pytest.mark.parametrize(
    ("shape", "layer"),
    [
        *(pytest.param(*case, id=name) for name, case in QUICK.items()),
        *(pytest.param(*case, id=name, marks=pytest.mark.thorough) for name, case in OTHERS.items()),
    ],
)
@pytest.mark.parametrize(
    "are_shared", [pytest.param(False, id="rows of each"), pytest.param(True, id="shared", marks=pytest.mark.thorough)]
)
def test_a_layer_is_mapped_and_every_copy_does_what_it_does_alone(shape, layer, are_shared):
    models = [build(shape, layer, seed) for seed in range(N_REPLICAS)]
    model, rows = models[0], tf.random.stateless_normal((N_REPLICAS, N_ROWS, *shape), (1, 2))
    weights, state = stacked(models, "trainable_variables"), stacked(models, "non_trainable_variables")

    @tf.function(autograph=False)
    def together(weights, state, rows):
        def forward(one):
            seen = rows[0] if are_shared else one[2]
            return model.stateless_call(one[0], one[1], seen, training=True)

        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs, after = for_each(forward, (weights, state, rows))
            total = tf.reduce_sum(outputs**2)
        return outputs, after, tape.gradient(total, weights, unconnected_gradients="zero")

    with noting_unmapped() as unmapped:
        of_all = together(weights, state, rows)
    assert unmapped == []
    for place in range(N_REPLICAS):
        of_one = step(
            model,
            [array[place] for array in weights],
            [array[place] for array in state],
            rows[0 if are_shared else place],
        )
        for all_values, value in zip(tf.nest.flatten(of_all), tf.nest.flatten(of_one), strict=True):
            np.testing.assert_allclose(all_values[place], value, rtol=1e-4, atol=1e-5)


def test_augmentation_differs_between_copies_is_the_same_again_and_is_left_out_where_they_predict():
    """Copies of the same weights on the same rows, each from its own random state."""
    layers = [
        LAYERS.RandomFlip(),
        LAYERS.RandomTranslation(0.3, 0.3),
        LAYERS.RandomRotation(0.2),
        LAYERS.GaussianNoise(0.3),
    ]

    def model_of(seed):
        keras.utils.set_random_seed(seed)
        again = [layer.from_config({**layer.get_config(), "seed": None}) for layer in layers]
        return keras.Sequential([keras.Input(IMAGE), *again])

    models, rows = [model_of(seed) for seed in range(N_REPLICAS)], tf.random.stateless_normal((N_ROWS, *IMAGE), (1, 2))
    state = stacked(models, "non_trainable_variables")

    @tf.function(autograph=False)
    def outputs_of(state, rows, training):
        return for_each(lambda one: models[0].stateless_call([], one, rows, training=training), state)

    once, after = outputs_of(state, rows, training=True)
    np.testing.assert_array_equal(once, outputs_of(state, rows, training=True)[0])
    assert not np.allclose(once, outputs_of(after, rows, training=True)[0])  # another batch is drawn anew
    for place, other in ((0, 1), (1, 2), (0, 2)):
        assert not np.allclose(once[place], once[other])
    predicted, unchanged = outputs_of(state, rows, training=False)
    np.testing.assert_array_equal(predicted, np.tile(rows, (N_REPLICAS, 1, 1, 1, 1)))
    for before, now in zip(state, unchanged, strict=True):
        np.testing.assert_array_equal(before, now)


def test_what_has_no_mapping_is_noted_and_still_as_alone():
    models = [build((4, 4, 4, 1), LAYERS.Conv3D(2, 2, name="cubes"), seed) for seed in (0, 1)]
    weights, rows = stacked(models, "trainable_variables"), tf.random.stateless_normal((2, 3, 4, 4, 4, 1), (1, 2))
    program = tf.function(
        lambda weights, rows: for_each(lambda one: models[0].stateless_call(one[0], [], one[1])[0], (weights, rows)),
        autograph=False,
    )
    with noting_unmapped() as unmapped:
        outputs = program(weights, rows)
    assert [kind for _, kind in unmapped] == ["Conv3D"]
    for place in (0, 1):
        np.testing.assert_allclose(outputs[place], models[place](rows[place]), rtol=1e-4, atol=1e-5)
