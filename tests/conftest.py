"""What several tests share: the default parameters, a project of one's own, and small made-up runs."""

import copy
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import settings

from stages.losses import validity
from stages.losses.catalogue import LOSSES, names_for
from stages.params.load import load_params
from stages.records import plans
from stages.records.datasets import Column, Description, Encoded, Treatment
from stages.records.plans import Part, Plan, Scaling
from stages.records.runs import Regions, Run, Tuning
from stages.records.settings import Settings
from stages.scores import catalogue as scores
from stages.scores import measure as scoring
from stages.verdicts.comparison import Comparison
from tests.projects import DEFAULTS, ROOT, run_all, run_in, small_clone

pytest_plugins = "tests.tracked"  # its fixtures

# How long something takes depends on the machine. A change is judged by the same examples each time;
# `make test-endurance` draws others.
settings.register_profile("same examples", deadline=None, derandomize=True, database=None)
settings.register_profile("other examples", deadline=None)
settings.load_profile("same examples")

DATASET_OF = {"regression": "regression", "binary": "circles", "multiclass": "blobs"}
# by task and part; a part has a number of rows of its own in each, so that a mix-up fails
LABELS = {
    "regression": {"train": [[-1.0], [-0.5], [0.25], [1.25]], "test": [[-0.5], [0.0], [0.5]]},
    "binary": {"train": [0, 1, 1, 0, 1], "test": [1, 0, 1, 0]},
    "multiclass": {"train": [0, 1, 2, 2, 1, 0], "test": [2, 1, 0, 0, 1]},
}


@pytest.fixture(autouse=True, scope="session")
def train_in_this_process():
    """What tests train in their own process is trained there: others would import TensorFlow each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOSSLAB_EXECUTOR", "threads")
        yield


@pytest.fixture
def root():
    """The project's folder."""
    return ROOT


@pytest.fixture
def ended_process():
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.fixture
def another_stages(tmp_path_factory):
    """A folder with a package of another's that is called `stages`, and ends whatever imports it."""
    folder = tmp_path_factory.mktemp("another")
    (folder / "stages").mkdir()
    (folder / "stages" / "__init__.py").write_text("raise SystemExit('another package')", encoding="utf-8")
    return folder


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
    from stages import generate, report, scale, settings, track, train, winner

    def run(folder):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("DVC_ROOT", str(folder))
            patch.delenv("MLFLOW_TRACKING_URI", raising=False)
            for stage in (settings, generate, scale, train, report, winner, track):
                stage.main()

    return run


@pytest.fixture(scope="module")
def clone(tmp_path_factory, run_stages):
    """A small clone of the repository, in which everything has run."""
    return small_clone(tmp_path_factory.mktemp("clone"), run_stages)


@pytest.fixture
def kept(clone):
    """The clone, which is put back after the test as it was."""
    yield clone
    run = run_in(clone)
    run("git", "checkout", "--quiet", ".")
    run("git", "clean", "--quiet", "--force", "data/external")
    run("dvc", "checkout", "--force")


@pytest.fixture(scope="session")
def defaults_text():
    """The default params.yaml, whatever the user's now holds."""
    return DEFAULTS.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def defaults_read(defaults_text):
    """What the default params.yaml holds."""
    return yaml.safe_load(defaults_text)


@pytest.fixture
def defaults(defaults_read):
    """What the default params.yaml holds, to be edited freely."""
    return copy.deepcopy(defaults_read)


@pytest.fixture
def labels():
    """The targets of the made-up runs, by task and part."""
    return {task: {part: np.array(rows) for part, rows in parts.items()} for task, parts in LABELS.items()}


@pytest.fixture(scope="session")
def loaded():
    """The default params.yaml, checked."""
    return load_params(DEFAULTS)


@dataclass(frozen=True)
class MadeUp:
    """A made-up dataset, and the plan of a comparison on it.

    Attributes:
        encoded: what it is.
        features: float64 (n_rows, n_features), in their own units.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
        plan: the first rows train, of which the last validates; those of the made-up runs' test part test.
    """

    encoded: Encoded
    features: pd.DataFrame
    labels: np.ndarray
    plan: Plan


@pytest.fixture
def try_table(tmp_path, monkeypatch, capsys):
    """`make try` of a table in a project that has one comparison: what it prints, in one line."""

    from stages.commands import add_table

    def run(write_table, file, target):
        made = {"source": {"generator": "make_regression", "random_state": 1}}
        params = {"datasets": {"made": made}, "comparisons": {"made": {"losses": ["mse"]}}}
        run_all(tmp_path, params, {}, lambda _: None)
        monkeypatch.chdir(tmp_path)
        write_table(tmp_path)
        monkeypatch.setattr(sys, "argv", ["add_table", file, target])
        add_table.main()
        return " ".join(capsys.readouterr().out.split())

    return run


@pytest.fixture
def make_dataset(labels):
    """A factory of made-up datasets, whose targets are those of the made-up runs."""

    def make(
        task: str, *, n_features: int, n_seeds: int = 3, center: float = 0.0, spread: float = 1.0, n_splits: int = 1
    ) -> MadeUp:
        rows = np.concatenate(list(labels[task].values()))
        n_train, is_values = len(labels[task]["train"]), task == "regression"
        names = [f"x{i + 1}" for i in range(n_features)]
        features = pd.DataFrame(np.random.default_rng(0).normal(size=(len(rows), n_features)), columns=names)
        description = Description(
            task=task,
            inferred=None,
            other_tasks=[],
            classes=[] if is_values else [str(index) for index in range(int(rows.max()) + 1)],
            targets=["target"],
            files=[],
            csv=None,
            n_read=len(rows),
            columns=[Column(name, "number", 0) for name in names],
        )
        encoded = Encoded(description, [Treatment(name, "number", 1) for name in names])
        parts = np.full((n_splits, len(rows)), Part.TEST, np.uint8)
        parts[:, :n_train] = Part.TRAIN
        parts[:, n_train - 1] = Part.VALIDATION
        nothing, one = np.zeros((n_splits, n_features)), np.ones((n_splits, n_features))
        target = [np.full((n_splits, int(is_values)), number) for number in (center, spread)]
        scaling = Scaling(nothing, nothing, one, *target)
        plan = Plan("first", 0, n_splits == 1, parts, np.arange(n_seeds) % n_splits, scaling, scaling)
        return MadeUp(encoded, features, rows * spread + center if is_values else rows, plan)

    return make


@pytest.fixture
def make_run(labels, loaded):
    """A factory of small runs: the default parameters' settings, outputs that are easy to score by hand.

    Values are off by 0.1 for seed 0, 0.2 for seed 1 and so on. Classes are all decided rightly, and
    the ±1 losses' outputs are ±0.4, which rounds to 0. Changes are of the settings, or of the loss.
    """

    def make(
        name: str,
        *,
        n_seeds: int = 3,
        failed: tuple[int, ...] = (),
        dataset: str | None = None,
        comparison: str | None = None,
        tuning: Tuning | None = None,
        **changes,
    ):
        of_the_loss = {key: changes.pop(key) for key in ("activation", "parameters") if key in changes}
        loss, seeds = replace(LOSSES[name], **of_the_loss), list(range(n_seeds))
        usual, rates = DATASET_OF[loss.task], {"learning_rate": tuning.rates.tolist()} if tuning else {}
        settings = Settings.model_validate(
            {
                "loss": loss,
                "comparison": comparison or dataset or usual,
                "dataset": dataset or usual,
                "model": None,
                "hidden_activation": "relu",
                "dropout": 0.0,
                "batch_norm": False,
                **loaded.comparisons[usual].model_dump(include={"hidden", "epochs"}),
                "batch_size": loaded.setup(usual).batch_size,
                "optimizer": loaded.setup(usual).optimizer.settings() | rates,
                "selected_by": tuning.score if tuning else None,
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
            outputs=np.concatenate(list(outputs.values()), axis=1),
            scores=pd.concat(scores, ignore_index=True),
            punishment=pd.DataFrame({"case": "", "x": x, "value": steepness * x**2}),
            objective=np.abs(x) ** (1 + steepness),  # no multiples of each other
            regions=None if loss.task == "regression" else regions,
            tuning=tuning,
        )

    return make


def _outputs(loss, rows, n_seeds):
    match loss.activation:
        case _ if loss.task == "regression":
            return np.stack([loss.output.saying(rows + 0.1 * (seed + 1)) for seed in range(n_seeds)])
        case "tanh":
            one = 0.4 * loss.encode(rows, 2)
        case "sigmoid" if loss.task == "binary":
            one = 0.25 + 0.5 * loss.encode(rows, 2)
        case _:
            one = 0.25 + 0.25 * np.eye(3)[rows]
    return np.stack([one] * n_seeds)


@pytest.fixture
def make_comparison(make_run, make_dataset):
    """A factory of comparisons: the named losses on one dataset, with made-up runs; changes are of the runs."""

    def make(*names, center=0.0, spread=1.0, n_splits=1, n_seeds=3, headline=None, **changes):
        made = [make_run(name, n_seeds=n_seeds, **changes) for name in names]
        task, in_the_plane = made[0].loss.task, made[0].regions is not None
        dataset = make_dataset(
            task, n_features=2 if in_the_plane else 3, n_seeds=n_seeds, center=center, spread=spread, n_splits=n_splits
        )
        description = dataset.encoded.description
        seen = plans.seen_by_losses(dataset.plan, description, dataset.labels, made[0].settings.batch_size)
        return Comparison(
            name=made[0].comparison,
            dataset=made[0].dataset,
            runs=made,
            encoded=dataset.encoded,
            features=dataset.features if in_the_plane else None,
            labels=dataset.labels,
            plan=dataset.plan,
            score=scores.find(headline or made[0].loss.epoch_metric, task),
            own_baseline=names[0],
            validity=validity.judge_all([run.loss for run in made], seen),
        )

    return make


@pytest.fixture
def make_tuning():
    """A factory of tunings over three learning rates and four epochs, of which the second rate and epoch are best."""

    def make(score="mse", **changes):
        curves = np.array([[4.0, 3.0, 3.5, 3.5], [2.0, 1.0, 1.5, 1.5], [9.0, 8.0, 8.5, 8.5]])
        rates = changes.get("rates", np.array([0.001, 0.01, 0.1]))
        n_trials = len(rates)
        usual = {
            "rates": rates,
            "schedules": np.array(["constant"] * n_trials),
            "activations": np.array(["linear"] * n_trials),
            "parameters": np.zeros((n_trials, 0)),
            "parameter_names": np.array([], np.str_),
            "horizons": np.full(n_trials, 4),
            "curves": curves,
            "n_failed": np.zeros(n_trials, int),
            "score": score,
            "n_seeds": 10,
            "chosen": 1,
            "rate": 0.01,
            "epochs": 2,
            "gave_way": np.array([]),
            "at_edge": False,
            "at_last_epoch": False,
            "firmness": 0.83,
        }
        return Tuning(**usual | changes)

    return make
