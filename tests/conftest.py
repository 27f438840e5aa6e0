"""What several tests share: the project's own parameters, a project of one's own, and small made-up runs."""

import copy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stages.losses import validity
from stages.losses.catalogue import LOSSES, names_for
from stages.params.load import load_params
from stages.records import datasets
from stages.records.datasets import Column, Description, Fold, Scaled, Treatment
from stages.records.runs import Regions, Run
from stages.records.settings import Settings
from stages.scores import measure as scoring
from stages.scores import names as scores
from stages.verdicts.comparison import Comparison

ROOT = Path(__file__).parents[1]
DATASET_OF = {"regression": "regression", "binary": "circles", "multiclass": "blobs"}
# by task and part; a part has a number of rows of its own in each, so that a mix-up fails
LABELS = {
    "regression": {"train": [[-1.0], [-0.5], [0.25], [1.25]], "test": [[-0.5], [0.0], [0.5]]},
    "binary": {"train": [0, 1, 1, 0, 1], "test": [1, 0, 1, 0]},
    "multiclass": {"train": [0, 1, 2, 2, 1, 0], "test": [2, 1, 0, 0, 1]},
}


@pytest.fixture
def root():
    """The project's folder."""
    return ROOT


@pytest.fixture
def write_own(tmp_path, monkeypatch):
    """Write a file of the user's own into a project's folder, which the test runs in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    folder = tmp_path / "stages" / "custom"
    folder.mkdir(parents=True)

    def write(name, text):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")

    yield write
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture(scope="session")
def run_stages():
    """Run every stage, as DVC does, in a project's folder."""
    from stages import generate, report, scale, track, train

    def run(folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("DVC_ROOT", str(folder))
            patch.delenv("MLFLOW_TRACKING_URI", raising=False)
            for stage in (generate, scale, train, report, track):
                stage.main()

    return run


@pytest.fixture(scope="session")
def defaults_text():
    """The project's params.yaml."""
    return (ROOT / "params.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def defaults_read(defaults_text):
    """What the project's params.yaml holds."""
    return yaml.safe_load(defaults_text)


@pytest.fixture
def defaults(defaults_read):
    """What the project's params.yaml holds, to be edited freely."""
    return copy.deepcopy(defaults_read)


@pytest.fixture
def labels():
    """The targets of the made-up runs, by task and part."""
    return {task: {part: np.array(rows) for part, rows in parts.items()} for task, parts in LABELS.items()}


@pytest.fixture(scope="session")
def loaded():
    """The project's params.yaml, checked."""
    return load_params(ROOT / "params.yaml")


@pytest.fixture
def make_scaled(labels):
    """A factory of scaled datasets: what one is, and its rows as `datasets.read_fold` gives them."""

    def make(task: str, *, n_features: int, center: float = 0.0, spread: float = 1.0) -> tuple[Scaled, pd.DataFrame]:
        parts = labels[task]
        names, rows = [f"x{i + 1}" for i in range(n_features)], np.concatenate(list(parts.values()))
        table = pd.DataFrame(np.random.default_rng(0).normal(size=(len(rows), n_features)), columns=names)
        table["target"] = rows if rows.ndim == 1 else rows[:, 0]
        table["part"] = [part for part, targets in parts.items() for _ in targets]
        description = Description(
            task=task,
            inferred=None,
            other_tasks=[],
            classes=[] if task == "regression" else [str(index) for index in range(int(rows.max()) + 1)],
            targets=["target"],
            files=[],
            csv=None,
            n_read=len(rows),
            columns=[Column(name, "number", 0) for name in names],
        )
        treatments = [Treatment(name, "number", 1) for name in names]
        fold = Fold(len(parts["train"]), len(parts["test"]), treatments, [center], [spread])
        return Scaled(description, "first", [fold]), table

    return make


@pytest.fixture
def make_run(labels, loaded):
    """A factory of small runs: the default parameters' settings, outputs that are easy to score by hand.

    Values are off by 0.1 for seed 0, 0.2 for seed 1 and so on. Classes are all decided rightly, and
    the ±1 losses' outputs are ±0.4, which rounds to 0. Changes are of the settings, or of the loss.
    """

    def make(name: str, *, n_seeds: int = 3, failed: tuple[int, ...] = (), dataset: str | None = None, **changes):
        of_the_loss = {key: changes.pop(key) for key in ("activation", "parameters") if key in changes}
        loss, seeds = replace(LOSSES[name], **of_the_loss), list(range(n_seeds))
        usual = DATASET_OF[loss.task]
        settings = Settings.model_validate(
            {
                "loss": loss,
                "dataset": dataset or usual,
                "model": None,
                "hidden_activation": "relu",
                "dropout": 0.0,
                "batch_norm": False,
                **loaded.comparisons[usual].model_dump(include={"hidden", "epochs"}),
                **loaded.train.model_dump(exclude={"seeds"}),
                "data": loaded.datasets[usual].model_dump(mode="json"),
                "seeds": seeds,
                **changes,
            }
        )
        ended_well = ~np.isin(seeds, failed)[:, None, None]
        outputs = {
            part: np.where(ended_well, _outputs(loss, rows, n_seeds), np.nan).astype(np.float32)
            for part, rows in labels[loss.task].items()
        }
        scores = [
            pd.DataFrame({"seed": seeds, "part": part, "metric": metric, "value": values})
            for part, rows in labels[loss.task].items()
            for metric, values in scoring.score(loss, rows, outputs[part]).items()
        ]
        n_epochs, metric = settings.epochs, loss.epoch_metric
        columns = ("loss", "val_loss", metric, f"val_{metric}")
        history = pd.DataFrame(
            {
                "seed": np.repeat(seeds, n_epochs),
                "epoch": np.tile(np.arange(1, n_epochs + 1), n_seeds),
                **{name: np.linspace(1 + i, 0.5, n_seeds * n_epochs) for i, name in enumerate(columns)},
            }
        )
        regions = Regions(np.linspace(0, 1, 4), np.linspace(0, 1, 3), np.zeros((n_seeds, 3, 4), np.int8))
        x = np.linspace(-1, 1, 5)
        # the multi-class losses are one objective
        steepness = 1 if loss.task == "multiclass" else 1 + names_for(loss.task).index(name)
        return Run(
            settings=settings,
            failed=list(failed),
            history=history,
            outputs=[outputs],
            scores=pd.concat(scores, ignore_index=True),
            punishment=pd.DataFrame({"case": "", "x": x, "value": steepness * x**2}),
            objective=steepness * x**2,
            regions=None if loss.task == "regression" else regions,
        )

    return make


def _outputs(loss, rows, n_seeds):
    match loss.activation:
        case _ if loss.task == "regression":
            return np.stack([rows + 0.1 * (seed + 1) for seed in range(n_seeds)])
        case "tanh":
            one = 0.4 * loss.encode(rows, 2)
        case "sigmoid":
            one = 0.25 + 0.5 * loss.encode(rows, 2)
        case _:
            one = 0.25 + 0.25 * np.eye(3)[rows]
    return np.stack([one] * n_seeds)


@pytest.fixture
def make_comparison(make_run, make_scaled):
    """A factory of comparisons: the named losses on one dataset, with made-up runs."""

    def make(*names, center=0.0, spread=1.0, headline=None, **changes):
        made = [make_run(name, **changes) for name in names]
        task = made[0].loss.task
        scaled, table = make_scaled(task, n_features=2 if made[0].regions else 3, center=center, spread=spread)
        seen = datasets.seen(table, scaled.folds[0], scaled.description, made[0].settings.batch_size)
        return Comparison(
            name=made[0].dataset,
            runs=made,
            scaled=scaled,
            folds=[table],
            score=scores.find(headline or made[0].loss.epoch_metric, task),
            baseline=names[0],
            validity={run.loss.name: validity.judge(run.loss, seen) for run in made},
        )

    return make
