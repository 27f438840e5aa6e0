"""One of the nine scripts that Losslab replaces: plain Keras, one dataset, one loss, one seed.

python -m tests.benchmarks.plain_keras DATASET LOSS
"""

import sys
import time

started = time.perf_counter()
import keras  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.datasets import make_blobs, make_circles, make_regression  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

imported = time.perf_counter()

DATASETS = {
    "regression": lambda: make_regression(n_samples=1000, n_features=20, noise=0.1, random_state=1),
    "circles": lambda: make_circles(n_samples=1000, noise=0.1, random_state=1),
    "blobs": lambda: make_blobs(n_samples=1000, centers=3, n_features=2, cluster_std=2, random_state=2),
}
HIDDEN = {"regression": 25, "circles": 50, "blobs": 50}
EPOCHS = {"regression": 100, "circles": 200, "blobs": 100}
LOSSES = {
    "mse": ("mean_squared_error", "linear", 1),
    "msle": ("mean_squared_logarithmic_error", "linear", 1),
    "mae": ("mean_absolute_error", "linear", 1),
    "binary_crossentropy": ("binary_crossentropy", "sigmoid", 1),
    "hinge": ("hinge", "tanh", 1),
    "squared_hinge": ("squared_hinge", "tanh", 1),
    "categorical_crossentropy": ("categorical_crossentropy", "softmax", 3),
    "sparse_categorical_crossentropy": ("sparse_categorical_crossentropy", "softmax", 3),
    "kl_divergence": ("kl_divergence", "softmax", 3),
}


def prepare(dataset: str, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """Features (1000, n_features) and targets as the loss wants them."""
    features, target = DATASETS[dataset]()
    if dataset == "regression":
        features = StandardScaler().fit_transform(features)
        target = StandardScaler().fit_transform(target[:, None])[:, 0]
    elif "hinge" in loss:
        target = np.where(target == 0, -1, 1)
    elif loss in ("categorical_crossentropy", "kl_divergence"):
        target = keras.utils.to_categorical(target)
    return features.astype("float32"), target.astype("int32" if "sparse" in loss else "float32")


def fit(dataset: str, loss: str, seed: int = 0) -> keras.callbacks.History:
    """Train one network as the published scripts do."""
    keras.utils.set_random_seed(seed)
    features, target = prepare(dataset, loss)
    name, activation, n_outputs = LOSSES[loss]
    model = keras.Sequential(
        [
            keras.Input((features.shape[1],)),
            keras.layers.Dense(HIDDEN[dataset], activation="relu", kernel_initializer="he_uniform"),
            keras.layers.Dense(n_outputs, activation=activation),
        ]
    )
    metric = "mse" if dataset == "regression" else "accuracy"
    model.compile(loss=name, optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.9), metrics=[metric])
    test = (features[500:], target[500:])
    return model.fit(features[:500], target[:500], validation_data=test, epochs=EPOCHS[dataset], verbose=0)


if __name__ == "__main__":
    fit(*sys.argv[1:])
    print(f"imports {imported - started:.2f} s of {time.perf_counter() - started:.2f} s")
