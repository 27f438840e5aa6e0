"""What it costs to choose one loss for everything: fifty drawn problems, and the tables that scikit-learn ships.

python -m tests.benchmarks.over_tables [FOLDER] [TABLES]

Three losses for values on fifty drawn problems and the table of diabetes, and three for two classes on each class
against the others of iris, wine, five digits and the tumours. Networks are small, rates stay, and each loss is at the
best of four rates and at its own best epochs. It prints the chapter over all tables; the figure is in
FOLDER/reports/figures. Of TABLES, where they are given, some of each kind are taken, which is soon done.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

from stages import generate, report, scale, train
from tests.projects import run_all

N_DRAWN, N_FEATURES = 50, 6
RATES, EPOCHS = [0.01, 0.03, 0.1, 0.3], 30
MOST_ROWS, N_DIGITS = 300, 5
OF_VALUES = ["mse", "mae", "huber"]
OF_CLASSES = ["binary_crossentropy", "binary_focal_crossentropy", "hinge"]
HEADING = "## Over all tables"


def drawn(number: int) -> pd.DataFrame:
    """One of the drawn problems: its surface, its noise, and how many rows there are are drawn too."""
    generator = np.random.default_rng(number)
    n_rows = int(generator.integers(150, MOST_ROWS))
    features = generator.normal(size=(n_rows, N_FEATURES))
    slopes, kinks = generator.normal(size=(2, N_FEATURES))
    match number % 3:
        case 0:
            signal = features @ slopes
        case 1:
            signal = features @ slopes + 2 * np.abs(features @ kinks)
        case _:
            signal = 3 * np.sin(features[:, 0] * 2) + features[:, 1] * features[:, 2] * 2 + features[:, 3]
    sizes = 0.3 + generator.uniform(0, 1.5)
    match number // 3 % 4:
        case 0:
            noise = generator.normal(size=n_rows)
        case 1:
            noise = generator.standard_t(2, size=n_rows)
        case 2:
            noise = generator.exponential(size=n_rows) * 2 - 2
        case _:
            noise = generator.normal(size=n_rows) * np.exp(features[:, 0] / 2)
    target = signal + sizes * noise
    if number % 5 == 4:
        target[generator.random(n_rows) < 0.03] *= 8  # mistakes
    table = pd.DataFrame(features).rename(columns="x{}".format)
    return table.assign(y=target)


def shipped() -> Iterator[tuple[str, pd.DataFrame]]:
    """Each class against the others, of the tables that scikit-learn ships."""
    for name in ("iris", "wine", "digits", "breast_cancer"):
        table = getattr(datasets, f"load_{name}")()
        classes = np.unique(table.target)
        some = np.random.default_rng(0).permutation(len(table.target))[: 2 * MOST_ROWS]
        for one in classes[-1:] if len(classes) == 2 else classes[:N_DIGITS]:
            frame = pd.DataFrame(table.data).rename(columns="x{}".format)
            yield f"{name}_{one}", frame.assign(y=np.where(table.target == one, "yes", "no")).iloc[some]


def tables() -> dict[str, tuple[pd.DataFrame, list[str]]]:
    """The tables by name, each with the losses that are compared on it."""
    diabetes = datasets.load_diabetes()
    frame = pd.DataFrame(diabetes.data).rename(columns="x{}".format).assign(y=diabetes.target)
    of_values = {f"drawn_{number}": drawn(number) for number in range(N_DRAWN)} | {"diabetes": frame}
    made = {name: (table, OF_VALUES) for name, table in of_values.items()}
    return made | {name: (table, OF_CLASSES) for name, table in shipped()}


def main() -> None:
    """Print the chapter."""
    every = tables()
    folder, n_tables = [*sys.argv[1:], "", ""][:2]
    if n_tables:
        every = {name: every[name] for name in list(every)[:: max(1, len(every) // int(n_tables))]}

    def write(folder: Path) -> None:
        for name, (table, _) in every.items():
            table.to_csv(folder / f"{name}.csv", index=False)

    params = {
        "datasets": {
            name: {
                "source": {"file": f"data/external/{name}.csv", "target": "y"},
                "split": {"method": "kfold", "folds": 10},
            }
            for name in every
        },
        "comparisons": {
            name: {"losses": losses, "hidden": [16], "epochs": EPOCHS, "references": False}
            for name, (_, losses) in every.items()
        },
        "train": {"seeds": 10, "optimizer": {"name": "SGD", "learning_rate": RATES, "schedule": "constant"}},
        "report": {"headline": {name: "accuracy" for name, (_, losses) in every.items() if losses == OF_CLASSES}},
    }
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(folder or temporary)
        text = (run_all(place, params, {}, write, generate, scale, train, report) / "reports/report.md").read_text()
    chapter = text.partition(HEADING)[2].partition("\n## ")[0]
    print(HEADING + chapter if chapter else "no ten tables have the same losses, so the report has no such chapter")


if __name__ == "__main__":
    main()
