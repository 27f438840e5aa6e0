"""Thirty networks on images, sequences and masks at once beside one by Keras' own `fit`, turn by turn in one process.

    python -m tests.benchmarks.networks [EPOCHS]

Both are made and traced anew each time, and measured in seconds of a processor, so that what else the machine does
counts for neither; they end with the same networks: see tests/training/test_shaped_networks.
"""

import sys
import time

import numpy as np
from sklearn.datasets import load_digits

from stages.losses.catalogue import LOSSES
from stages.records.networks import Attention, Recurrent, Shaped, settled
from stages.records.settings import OptimizerSettings
from stages.training.backend import keras
from stages.training.keras_parts import is_per_row, keras_loss, make_optimizer, row_metric
from stages.training.layers.sizes import of_model
from stages.training.networks import Network
from stages.training.replicas import Replicas
from stages.training.views import Rows, View

N_SEEDS, BATCH_SIZE, TURNS = 30, 32, 2
OPTIMIZER = OptimizerSettings(name="SGD", learning_rate=0.01, momentum=0.9)
N_ROWS, N_STEPS, SIDE = 1200, 24, 16  # of what is drawn here
N_CLASSES = {"digits": 10, "waves": 3, "shapes": 2}


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 8, 8, 1) and their digits."""
    data = load_digits()
    return (data.images[..., None] / 16).astype(np.float32), data.target


def waves() -> tuple[np.ndarray, np.ndarray]:
    """Sequences (n, steps, 1) of a sine, a square or a saw of any phase, with noise, and which it is."""
    rng = np.random.default_rng(0)
    labels, phase = rng.integers(0, 3, N_ROWS), rng.random((N_ROWS, 1))
    time_of_period = (np.arange(N_STEPS) / 12 + phase) % 1
    forms = np.stack([np.sin(2 * np.pi * time_of_period), np.sign(0.5 - time_of_period), 2 * time_of_period - 1])
    drawn = forms[labels, np.arange(N_ROWS)] + 0.3 * rng.normal(size=(N_ROWS, N_STEPS))
    return drawn[..., None].astype(np.float32), labels


def shapes() -> tuple[np.ndarray, np.ndarray]:
    """Images (n, side, side, 1) of a disc in noise, and its mask (n, side, side)."""
    rng = np.random.default_rng(0)
    row, column = np.mgrid[:SIDE, :SIDE]
    middle, radius = rng.uniform(4, SIDE - 4, (2, N_ROWS, 1, 1)), rng.uniform(1.5, 4, (N_ROWS, 1, 1))
    masks = ((row - middle[0]) ** 2 + (column - middle[1]) ** 2 <= radius**2).astype(int)
    return (masks + 0.5 * rng.normal(size=masks.shape))[..., None].astype(np.float32), masks


ARRAYS = {"digits": digits, "waves": waves, "shapes": shapes}
CASES: dict[str, tuple[str, str, Shaped | None]] = {
    "convolution, digits": ("digits", "sparse_categorical_crossentropy", None),
    "convolution, waves": ("waves", "sparse_categorical_crossentropy", None),
    "GRU, waves": ("waves", "sparse_categorical_crossentropy", Recurrent(kind="recurrent")),
    "attention, digits": ("digits", "sparse_categorical_crossentropy", Attention(kind="attention")),
    "attention, waves": ("waves", "sparse_categorical_crossentropy", Attention(kind="attention")),
    "encoder and decoder, masks": ("shapes", "binary_crossentropy", None),
}


def measure(case: str, epochs: int) -> tuple[float, float, int]:
    """Seconds of a processor that a network takes among thirty, those alone, and multiplications for a row."""
    data, name, before = CASES[case]
    loss, (features, labels) = LOSSES[name], ARRAYS[data]()
    shape, positions, n_train = features.shape[1:], labels.shape[1:], 4 * len(features) // 5
    n_outputs = loss.n_outputs(N_CLASSES[data], 1)
    network = Network(shape, (), n_outputs, loss.activation, before=settled(before, [shape]), positions=positions)
    rows, seeds = Rows(features, loss.encode(labels, N_CLASSES[data])), tuple(range(N_SEEDS))
    view = View(np.zeros(N_SEEDS, int), [np.arange(n_train)], [np.arange(n_train, len(features))])

    def orders(epoch: int) -> list[np.ndarray]:
        return [np.random.default_rng((seed, epoch)).permutation(n_train) for seed in seeds]

    def together() -> float:
        started = time.process_time()
        replicas = Replicas(
            network.build(0),
            [np.stack(arrays) for arrays in zip(*(network.draw(seed) for seed in seeds), strict=True)],
            loss=keras_loss(loss, positions),
            metric=row_metric(loss, loss.epoch_metric),
            optimizer=make_optimizer(OPTIMIZER),
            per_row=is_per_row(loss, positions),
        )
        replicas.fit(rows, view, epochs=epochs, batch_size=BATCH_SIZE, orders=orders, on_epoch=lambda _: None)
        return (time.process_time() - started) / N_SEEDS

    def alone() -> float:
        started, model = time.process_time(), network.build(0)
        model.compile(make_optimizer(OPTIMIZER), loss.name, metrics=["accuracy"])
        train, test = slice(n_train), slice(n_train, None)
        model.fit(
            rows.features[train],
            rows.targets[train],
            validation_data=(rows.features[test], rows.targets[test]),
            batch_size=BATCH_SIZE,
            epochs=epochs,
            verbose=0,
        )
        return time.process_time() - started

    keras.utils.set_random_seed(0)
    turns = [(together(), alone()) for _ in range(TURNS)]
    return *(min(times) for times in zip(*turns, strict=True)), of_model(network.build(0)).products


def main() -> None:
    """Print a line for each network."""
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    for case in CASES:
        among, alone, products = measure(case, epochs)
        print(f"{case}: {among:.2f} s among {N_SEEDS}, {alone:.1f} s alone: {alone / among:.0f} times "
              f"({products:,} multiplications a row)", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
