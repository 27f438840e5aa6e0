"""What the verdicts are worth, measured where the truth is known.

python -m tests.benchmarks.verdicts               every problem: on two cores some three hours
python -m tests.benchmarks.verdicts groups        one of them
python -m tests.benchmarks.verdicts groups --tables 5 --fresh 50 --processes 1
                                                  fewer tables, fewer fresh networks for the truth, fewer processors

Problems whose name begins with "drawn" draw the values of rows, without networks, for thousands of comparisons: see
`tests.benchmarks.drawn`. Of the others small tables are drawn from problems whose rows never end. On each the whole
procedure runs: tuning, folds, verdict. The truth is how fresh networks of the chosen learning rate and epochs do on
rows that were left over. For three kinds of interval it prints how often they hold that truth, and how often they
decide between two losses, rightly or not.
"""

import argparse
import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.special import expit, stdtrit

from stages.basics.machine import processors
from stages.features.channels import Channels
from stages.features.planning import make_plan
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, Task
from stages.params.schema import Scale, Split
from stages.records.datasets import Description, target_columns
from stages.records.networks import Conv
from stages.records.plans import Part, Plan
from stages.records.settings import DatasetSettings, OptimizerSettings, ScaleSettings, Settings, SplitSettings
from stages.scores import catalogue
from stages.scores.row_values import constant_values, reach, row_values
from stages.verdicts.design import Design, blocks, scores_of
from stages.verdicts.intervals import ALPHA
from stages.verdicts.pairs import compare, decide, default_margin, worst_score
from tests.benchmarks import drawn
from tests.benchmarks.drawn import share

# so many fresh seeds and new rows that the truth is far surer than the interval that should hold it
N_TABLES, N_SEEDS, N_FRESH, N_NEW = 24, 30, 270, 10_000
SMALLEST, LARGEST = 400, 800  # rows of a table
FURTHER_IN_TIME = 200  # rows more of one in the order of time, of which 240 to 400 are tested

# features (n_rows, n_features), (n_rows,) values or class indices, and the groups of rows (n_rows,), or None
Drawn = tuple[np.ndarray, np.ndarray, np.ndarray | None]
Draw = Callable[[np.random.Generator, int], Drawn]
DESIGNS, METHODS = ("one split", "folds"), ("seeds alone", "Nadeau–Bengio", "ours")


@dataclass(frozen=True)
class Problem:
    """Where tables come from.

    Attributes:
        task: the kind of problem.
        losses: those that are compared.
        scores: those that decide, one after the other.
        draw: gives so many rows.
        designs: how they are divided, one after the other: see `plan_of`.
        network: the layers before the dense ones; dense layers on a table where None.
        sizes: the fewest rows of a table, and the most.
        n_new: rows that are left over at most.
        epochs: the most there are.
    """

    task: Task
    losses: tuple[str, ...]
    scores: tuple[str, ...]
    draw: Draw
    designs: tuple[str, ...] = DESIGNS
    network: Conv | None = None
    sizes: tuple[int, int] = (SMALLEST, LARGEST)
    n_new: int = N_NEW
    epochs: int = 100


def _heavy(generator: np.random.Generator, n_rows: int) -> Drawn:
    x = generator.normal(size=(n_rows, 8))
    signal = x[:, 0] + 0.7 * x[:, 1] - 0.5 * x[:, 2] + 0.8 * x[:, 3] * x[:, 4]
    return x, signal + 0.8 * generator.standard_t(3, n_rows), None


def _interactions(generator: np.random.Generator, n_rows: int) -> Drawn:
    x = generator.uniform(-1, 1, size=(n_rows, 6))
    signal = 3 * x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + x[:, 3]
    return x, signal + 0.5 * generator.normal(size=n_rows), None


def _rare(generator: np.random.Generator, n_rows: int) -> Drawn:
    x = generator.normal(size=(n_rows, 6))
    chance = expit(1.2 * x[:, 0] + x[:, 1] * x[:, 2] - x[:, 3] - 4.9)
    return x, (generator.random(n_rows) < chance).astype(int), None


def _easy(generator: np.random.Generator, n_rows: int) -> Drawn:
    centers, classes = np.array([[0, 0], [2.2, 0], [1, 2]]), generator.integers(0, 3, n_rows)
    return centers[classes] + generator.normal(size=(n_rows, 2)), classes, None


def _ordered(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Five classes, not equally far apart, by where a sum that is not straight in the features lies, with noise."""
    x = generator.normal(size=(n_rows, 5))
    place = x[:, 0] + 0.7 * x[:, 1] * x[:, 2] - 0.5 * x[:, 3] + 0.6 * generator.logistic(size=n_rows)
    return x, np.digitize(place, [-1.8, -0.9, 0.3, 2.2]), None


def _uneven(generator: np.random.Generator, n_rows: int) -> Drawn:
    """A noise whose size depends on the features."""
    x = generator.uniform(-2, 2, size=(n_rows, 5))
    size = 0.2 + 0.2 * (x[:, 0] + 2) + 0.3 * (x[:, 3] > 0)
    return x, 2 * np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + size * generator.normal(size=n_rows), None


def _zeros(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Amounts of which two thirds are 0, and whose mean is a product over the features."""
    x = generator.normal(size=(n_rows, 5))
    chance, mean = expit(0.8 * x[:, 0] - 0.5 * x[:, 1] - 0.8), np.exp(1 + 0.5 * x[:, 2] + 0.4 * x[:, 0])
    return x, np.where(generator.random(n_rows) < chance, generator.gamma(1.5, mean / 1.5), 0.0), None


def _degrees(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Directions that lie on both sides of north."""
    x = generator.normal(size=(n_rows, 4))
    angle = 90 * np.tanh(x[:, 0]) + 30 * x[:, 1] + np.degrees(generator.vonmises(0, 4, n_rows))
    return x, angle % 360, None


def _groups(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Groups of 5 to 45 rows, which share most of three features and of a noise with heavy tails."""
    sizes = generator.integers(5, 46, n_rows)
    group = np.repeat(np.arange(n_rows), sizes)[:n_rows]
    shared, own = generator.normal(size=(n_rows, 3))[group], generator.normal(size=(n_rows, 5))
    x = np.column_stack([shared + 0.3 * own[:, :3], own[:, 3:]])
    noise = generator.standard_t(3, n_rows)[group] + 0.5 * generator.normal(size=n_rows)
    return x, x[:, 0] + 0.7 * x[:, 1] * x[:, 2] + x[:, 3] + 0.8 * noise, group


def _series(memory: float, generator: np.random.Generator, n_rows: int) -> Drawn:
    """Rows in the order of time, in which features and a noise of uneven size remember the row before."""
    steps = lfilter([np.sqrt(1 - memory**2)], [1, -memory], generator.normal(size=(n_rows + 200, 6)), axis=0)[200:]
    x, noise = steps[:, :4], steps[:, 4] * np.exp(0.7 * steps[:, 5])
    return x, x[:, 0] + 0.7 * x[:, 1] * x[:, 2] - 0.5 * x[:, 3] + noise, None


def _spots(generator: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of 8 × 8 pixels, in each of which noise hides a bright spot of a few pixels; and its pixels as a mask."""
    grid, centre = np.arange(8) + 0.5, generator.uniform(1, 7, (n_rows, 2, 1))
    down, across = (np.abs(grid - centre[:, axis]) for axis in range(2))
    masks = (down[:, :, None] ** 2 + across[:, None] ** 2 <= generator.uniform(0.6, 1.4, (n_rows, 1, 1)) ** 2).astype(
        int
    )
    return (masks + 0.5 * generator.normal(size=masks.shape))[..., None].astype(np.float32), masks


def _rare_pixels(generator: np.random.Generator, n_rows: int) -> Drawn:
    return *_spots(generator, n_rows), None


def _given_again(generator: np.random.Generator, n_rows: int) -> Drawn:
    images, _ = _spots(generator, n_rows)
    return images, images, None


OF_VALUES, OF_TWO = ("mse", "mae", "huber"), ("binary_crossentropy", "hinge", "squared_hinge")
OF_MORE = ("categorical_crossentropy", "categorical_generalized_cross_entropy", "categorical_hinge")
OF_MASKS = ("binary_crossentropy", "dice", "binary_focal_crossentropy")
OF_IMAGES = {"network": Conv(kind="conv", filters=(4,)), "sizes": (100, 200), "n_new": 1000, "epochs": 30}
OF_ORDER = ("categorical_crossentropy", "rank_mse", "cumulative_link")
PROBLEMS = {
    "heavy-tailed": Problem("regression", OF_VALUES, ("rmse",), _heavy),
    "interactions": Problem("regression", OF_VALUES, ("rmse",), _interactions),
    "3 % positives": Problem("binary", OF_TWO, ("accuracy", "balanced_accuracy"), _rare),
    "easy classes": Problem("multiclass", OF_MORE, ("accuracy",), _easy),
    "ordered classes": Problem("multiclass", OF_ORDER, ("rank_error", "quadratic_kappa"), _ordered),
    "uneven spread": Problem("regression", ("gaussian", "quantiles"), ("crps", "interval_score_80"), _uneven),
    "many zeros": Problem("regression", ("mse", "tweedie", "hurdle"), ("tweedie_deviance_1.5",), _zeros),
    "degrees": Problem("regression", ("mse", "circular_mse", "von_mises"), ("circular_error_360",), _degrees),
    "rare pixels": Problem("binary", OF_MASKS, ("iou",), _rare_pixels, **OF_IMAGES),
    "images given again": Problem("regression", OF_VALUES, ("rmse",), _given_again, **OF_IMAGES),
    "groups": Problem("regression", OF_VALUES, ("rmse",), _groups, ("groups, one split", "groups, folds")),
    "time 0.5": Problem("regression", OF_VALUES, ("rmse",), partial(_series, 0.75), ("time",)),
    "time 0.8": Problem("regression", OF_VALUES, ("rmse",), partial(_series, 0.92), ("time",)),
}


@dataclass(frozen=True)
class Table:
    """A small table, with rows behind it that were left over.

    Attributes:
        problem: where it comes from.
        n_rows: rows of the table.
        features: (n_rows + n_new, n_features), or of images (n_rows + n_new, height, width, 1).
        labels: (n_rows + n_new, 1) values, or (n_rows + n_new,) class indices; axes of positions between.
        groups: (n_rows,) the number of each row's group; None where rows have none.
    """

    problem: Problem
    n_rows: int
    features: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None = None

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for values."""
        return 0 if self.problem.task == "regression" else int(self.labels.max()) + 1


# from a table, the plan of all seeds, a loss, the score that decides and how many of the seeds choose learning rate and
# epochs: float32 (n_seeds, n_rows + n_new, n_outputs)
Learner = Callable[[Table, Plan, Loss, str, int], np.ndarray]


def draw_table(problem: Problem, number: int, n_new: int) -> Table:
    """One table of a problem, which its number decides."""
    generator = np.random.default_rng((2, number))
    smallest, largest = problem.sizes
    n_rows, n_new = int(generator.integers(smallest, largest + 1)), min(n_new, problem.n_new)
    if "time" in problem.designs:
        n_rows += FURTHER_IN_TIME
    features, labels, groups = problem.draw(generator, n_rows + n_new)
    if groups is not None:  # the new rows are of new groups
        n_rows = int(np.searchsorted(groups, groups[n_rows]))
    return Table(
        problem,
        n_rows,
        features,
        labels[:, None] if problem.task == "regression" and labels.ndim == 1 else labels,
        None if groups is None else groups[:n_rows],
    )


def plan_of(table: Table, design: str, n_seeds: int) -> Plan:
    """One split for all seeds, or folds; by groups, or the first rows in the order of time."""
    rows = slice(table.n_rows)
    classes = [str(index) for index in range(table.n_classes)]
    description = Description(table.problem.task, None, [], classes, ["y"], ["made up"], None, table.n_rows, [])
    is_image = table.problem.network is not None
    if is_image:
        description = replace(description, target_shape=list(table.labels.shape[1:]))
    targets = pd.DataFrame(target_columns(table.labels[rows].astype(_KEPT[is_image, bool(classes)]), description))
    if table.groups is not None:
        targets["group"], description = table.groups, replace(description, groups={"group": "group"})
    split = {
        "one split": Split(method="stratified" if classes and not is_image else "shuffle", train=0.75, fixed=True),
        "folds": Split(method="kfold"),
        "groups, one split": Split(method="group", column="group", train=0.5, fixed=True),
        "groups, folds": Split(method="group", column="group", folds=10),
        "time": Split(method="first", train=0.6),
    }[design]
    features = Channels(table.features[rows]) if is_image else table.features[rows]
    kinds = [] if is_image else ["number"] * features.shape[1]
    return make_plan(targets, description, features, kinds, split=split, scale=Scale(), n_seeds=n_seeds, key="split")


# as what labels are kept: by whether they are of positions, and whether they are classes
_KEPT = {(True, True): np.int8, (True, False): np.float32, (False, True): np.int64, (False, False): np.float64}


@dataclass(frozen=True)
class Outcome:
    """What one kind of interval said of one pair of losses.

    Attributes:
        low: with `high`, the interval of the difference.
        high: see `low`.
        verdict: by the rule of `pairs.decide`.
        truth: the difference on new rows.
        few_rows: whether few rows tell the two losses apart.
    """

    low: float
    high: float
    verdict: str
    truth: float
    few_rows: bool

    @property
    def holds(self) -> bool:
        """Whether the interval holds the truth."""
        return self.low <= self.truth <= self.high

    @property
    def decided(self) -> bool:
        """Whether the losses are called better, worse or equivalent."""
        return self.verdict != "inconclusive"

    @property
    def wrong(self) -> bool:
        """Whether the worse one is called better."""
        return self.verdict == ("better" if self.truth < 0 else "worse")


def outcomes(
    table: Table, learn: Learner, *, n_seeds: int = N_SEEDS, n_fresh: int = N_FRESH
) -> Iterator[tuple[str, str, str, Outcome]]:
    """Score, design, method and outcome of every pair of losses on one table."""
    for design in table.problem.designs:
        plan = plan_of(table, design, n_seeds + n_fresh)
        for score in table.problem.scores:
            outputs = {loss: learn(table, plan, LOSSES[loss], score, n_seeds) for loss in table.problem.losses}
            for method, outcome in judged(table, plan, outputs, score, n_seeds):
                yield score, design, method, outcome


def judged(
    table: Table, plan: Plan, outputs: dict[str, np.ndarray], score: str, n_seeds: int
) -> Iterator[tuple[str, Outcome]]:
    """Method and outcome of every pair of losses.

    Args:
        table: the table.
        plan: of all seeds.
        outputs: by loss, (n_seeds + n_fresh, n_rows + n_new, n_outputs).
        score: the score that decides.
        n_seeds: those of the comparison; the fresh ones come behind them.
    """
    rows, first, fresh = slice(table.n_rows), slice(n_seeds), slice(n_seeds, None)
    scaling = {}
    if table.problem.task == "regression":
        numbers = plan.to_train.target_center, plan.to_train.target_spread
        scaling = dict(zip(("center", "spread"), (each[plan.split_of] for each in numbers), strict=True))
    tested = (plan.parts == Part.TEST)[plan.split_of][first]
    new = np.ones((plan.n_seeds - n_seeds, len(table.labels) - table.n_rows), bool)
    values, truths = {}, {}
    for loss, made in outputs.items():
        ours, theirs = ({key: each[which] for key, each in scaling.items()} for which in (first, fresh))
        values[loss] = row_values(score, LOSSES[loss], table.labels[rows], made[first, rows], tested, **ours)
        of_new = row_values(
            score, LOSSES[loss], table.labels[table.n_rows :], made[fresh, table.n_rows :], new, **theirs
        )
        truths[loss] = float(np.nanmean(scores_of(of_new, new)))
    higher = catalogue.find(score, table.problem.task).higher_is_better
    constant = constant_values(
        score,
        table.problem.task,
        table.labels[rows],
        ~tested,
        tested,
        n_classes=table.n_classes,
        **{key: each[first] for key, each in scaling.items()},
    )
    of_constant = None if constant is None else float(scores_of(constant, tested).mean())
    scores = {loss: scores_of(own, tested) for loss, own in values.items()}
    margin = default_margin(list(scores.values()), of_constant, higher_is_better=higher)
    in_time = plan.method == "first"
    which = blocks(tested) if in_time else plan.clusters
    pairs = compare(
        values,
        Design(tested, reach(score, table.labels[rows], tested), which, in_time),
        higher_is_better=higher,
        margin=margin,
        same_objective=set(),
        worst=worst_score(scores, of_constant, higher_is_better=higher),
    )
    once = list(itertools.combinations(outputs, 2))
    sign = 1 if higher else -1
    differences = {pair: sign * scores_of(values[pair[0]] - values[pair[1]], tested) for pair in once}
    n_test, alpha = tested.sum() / n_seeds, ALPHA / len(once)
    by_method = {
        "seeds alone": {pair: _student(own, 1 / n_seeds, alpha) for pair, own in differences.items()},
        "Nadeau–Bengio": {
            pair: _student(own, 1 / n_seeds + n_test / (table.n_rows - n_test), alpha)
            for pair, own in differences.items()
        },
        "ours": {pair: (pairs[pair].low, pairs[pair].high) for pair in once},
    }
    for method, intervals in by_method.items():
        for pair, (low, high) in intervals.items():
            truth = sign * (truths[pair[0]] - truths[pair[1]])
            verdict = decide(low, high, margin, enough=True)
            yield method, Outcome(low, high, verdict, truth, pairs[pair].few_rows_tell)


def _student(differences: np.ndarray, share: float, alpha: float) -> tuple[float, float]:
    """Interval from the seeds' differences (n_seeds,) whose mean has this share of their variance.

    1 / n_seeds where seeds are independent; with n_test / n_train more by Nadeau & Bengio (2003).
    """
    mean, deviation = float(differences.mean()), float(differences.std(ddof=1)) * share**0.5
    half_width = float(stdtrit(len(differences) - 1, 1 - alpha / 2)) * deviation
    return mean - half_width, mean + half_width


Cell = tuple[str, str, str, str]


def summary(measured: dict[Cell, list[Outcome]]) -> Iterator[str]:
    """The lines of the printed table: in percent, how often an interval holds the truth; pairs decided; wrongly.

    The last column is how often ours holds it with its binomial interval, and the last line the pairs of all together
    that ours decided the wrong way round.
    """
    width = max(len(f"{problem}, {score}") for problem, score, *_ in measured)
    head = "".join(f"{method:>16}" for method in METHODS)
    yield f"{'':{width}}  {'':17}  pairs  {head}   few rows tell   ours holds"
    for problem, score, design in dict.fromkeys(cell[:3] for cell in measured):
        cells = []
        for method in METHODS:
            own = measured[problem, score, design, method]
            holds, decided, wrong = (
                100 * np.mean([getattr(outcome, name) for outcome in own]) for name in ("holds", "decided", "wrong")
            )
            cells.append(f"{holds:3.0f}; {decided:3.0f}, {wrong:3.1f}")
        few = 100 * np.mean([outcome.few_rows for outcome in own])
        name, row = f"{problem}, {score}", "".join(f"{cell:>16}" for cell in cells)
        holds = share(sum(outcome.holds for outcome in own), len(own))
        yield f"{name:{width}}  {design:17}  {len(own):5}  {row}{few:14.0f} %   {holds}"
    ours = [outcome for cell, own in measured.items() if cell[3] == "ours" for outcome in own]
    yield f"decided the wrong way round, of all pairs: {share(sum(each.wrong for each in ours), len(ours))}"


def run(
    chosen: list[str],
    learn: Learner,
    *,
    n_tables: int,
    n_fresh: int = N_FRESH,
    n_new: int = N_NEW,
    mapped: Callable[..., Iterator] = map,
) -> dict[Cell, list[Outcome]]:
    """Every outcome, by problem, score, design and method; `mapped` is `map` or one that uses several processors."""
    tables = list(itertools.product(chosen, range(n_tables)))
    measured: dict[Cell, list[Outcome]] = {}
    for cells in mapped(partial(_of_table, learn, n_fresh, n_new), *zip(*tables, strict=True)):
        for cell, outcome in cells:
            measured.setdefault(cell, []).append(outcome)
    return measured


def _of_table(learn: Learner, n_fresh: int, n_new: int, name: str, number: int) -> list[tuple[Cell, Outcome]]:
    table = draw_table(PROBLEMS[name], number, n_new)
    every = outcomes(table, learn, n_fresh=n_fresh)
    return [((name, score, design, method), outcome) for score, design, method, outcome in every]


def train(table: Table, plan: Plan, loss: Loss, score: str, n_seeds: int) -> np.ndarray:
    """Train as the pipeline does: the first seeds choose learning rate and epochs, at which all of them are trained."""
    # TensorFlow takes seconds to import, which the test of this module does not need
    from stages.execution import tuning
    from stages.training.chunk import Candidate
    from stages.training.fitting import fit, replicas_of
    from stages.training.unit import Table as Rows
    from stages.training.unit import Unit
    from tests.training.units import run_alone

    rows = Rows(table.features[: table.n_rows], table.labels[: table.n_rows], table.n_classes)
    settings = settings_of(loss, tuning.selection(score, loss), n_seeds)
    if table.problem.network is not None:
        layers = {"network": table.problem.network, "hidden": (), "epochs": table.problem.epochs}
        settings = settings.model_copy(update=layers)
    few = Unit(settings, rows, replace(plan, split_of=plan.split_of[:n_seeds]))
    chosen = run_alone(lambda trains: tuning.tune(few, trains))
    every = Unit(settings, rows, plan)
    seeds, view = range(plan.n_seeds), every.to_train
    candidates = [Candidate(chosen.rate, chosen.schedule)]
    with replicas_of(every, seeds, candidates, loss.epoch_metric) as replicas:
        fit(replicas, every, view, seeds, epochs=chosen.epochs, on_epoch=lambda _: None)
        return every.in_units_of_the_plan(loss.decode(replicas.predict(table.features, view), table.n_classes))


def settings_of(loss: Loss, selected_by: str, n_seeds: int) -> Settings:
    """The network and the optimizer of a user's own table, as `params.yaml` has them."""
    return Settings(
        loss=loss,
        comparison="made up",
        dataset="made up",
        model=None,
        hidden=(25,),
        hidden_activation="relu",
        dropout=0.0,
        batch_norm=False,
        epochs=100,
        batch_size=32,
        optimizer=OptimizerSettings(name="SGD", learning_rate=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3), momentum=0.9),
        selected_by=selected_by,
        data=DatasetSettings(
            task=loss.task,
            source={},
            scale=ScaleSettings(features="standard", target=None, fit_on="train"),
            split=SplitSettings(method=None, train=0.8, folds=None, column=None, random_state=0, fixed=False),
        ),
        seeds=tuple(range(n_seeds)),
    )


def main() -> None:
    """Measure the problems that are named, or all, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.verdicts")
    parser.add_argument("problems", nargs="*")
    parser.add_argument("--tables", type=int, default=N_TABLES)
    parser.add_argument("--fresh", type=int, default=N_FRESH)
    parser.add_argument("--processes", type=int, default=processors())
    wanted = parser.parse_args()
    known = [*PROBLEMS, *drawn.PROBLEMS]
    if unknown := set(wanted.problems) - set(known):
        parser.error(f"no such problem: {', '.join(unknown)}; problems: {', '.join(known)}")
    chosen = wanted.problems or known
    os.environ["LOSSLAB_THREADS"] = "1"  # of each process
    with ProcessPoolExecutor(wanted.processes, multiprocessing.get_context("spawn")) as pool:
        for name in (each for each in chosen if each in drawn.PROBLEMS):
            for line in drawn.PROBLEMS[name](pool.map):
                print(f"{name}: {line}", flush=True)
        if trained := [each for each in chosen if each in PROBLEMS]:
            measured = run(trained, train, n_tables=wanted.tables, n_fresh=wanted.fresh, mapped=pool.map)
            print("\n".join(summary(measured)))


if __name__ == "__main__":
    main()
