"""What the verdicts are worth, measured where the truth is known.

python -m tests.benchmarks.verdicts               every problem: on two cores some three hours
python -m tests.benchmarks.verdicts groups        one of them
python -m tests.benchmarks.verdicts groups --tables 5 --fresh 50 --processes 1
                                                  fewer tables, fewer fresh networks for the truth, fewer processors
python -m tests.benchmarks.verdicts labels --tables 6 --seeds 20 --fresh 40 --new 4000
                                                  also fewer networks that are compared, and new rows: minutes

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
from scipy.special import stdtrit

from stages.basics.machine import processors
from stages.execution.tuning import selection
from stages.features.channels import Channels
from stages.features.planning import make_plan
from stages.losses.loss import Loss
from stages.params.schema import Scale, Split
from stages.records.datasets import Description, target_columns, target_names
from stages.records.plans import Part, Plan
from stages.records.settings import DatasetSettings, OptimizerSettings, ScaleSettings, Settings, SplitSettings
from stages.scores import catalogue
from stages.scores.row_values import constant_values, reach, row_values
from stages.verdicts.design import Design, blocks, scores_of
from stages.verdicts.intervals import ALPHA
from stages.verdicts.pairs import compare, decide, default_margin, worst_score
from tests.benchmarks import drawn
from tests.benchmarks.drawn import share
from tests.benchmarks.problems import LOSSES, N_NEW, PROBLEMS, Problem

# so many fresh seeds and new rows that the truth is far surer than the interval that should hold it
N_TABLES, N_SEEDS, N_FRESH = 24, 30, 270
FURTHER_IN_TIME = 200  # rows more of one in the order of time, of which 240 to 400 are tested

SEEDS_OF_A_TABLE = 1000  # at most

METHODS = "seeds alone", "Nadeau–Bengio", "ours"


@dataclass(frozen=True)
class Table:
    """A small table, with rows behind it that were left over.

    Attributes:
        problem: where it comes from.
        n_rows: rows of the table.
        features: (n_rows + n_new, n_features), or of images (n_rows + n_new, height, width, 1).
        labels: (n_rows + n_new, 1) values, or (n_rows + n_new,) class indices; axes of positions between, or of labels
            behind.
        groups: (n_rows,) the number of each row's group; None where rows have none.
        first_seed: of its networks; tables share none, since what initial weights do would count for all of them.
    """

    problem: Problem
    n_rows: int
    features: np.ndarray
    labels: np.ndarray
    groups: np.ndarray | None = None
    first_seed: int = 0

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for values."""
        return 0 if self.problem.task == "regression" else int(self.labels.max()) + 1


# from a table, the plan of all seeds, a loss, what it is tuned by and how many of the seeds choose learning rate and
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
        first_seed=SEEDS_OF_A_TABLE * number,
    )


def plan_of(table: Table, design: str, n_seeds: int) -> Plan:
    """One split for all seeds, or folds; by groups, or the first rows in the order of time."""
    rows = slice(table.n_rows)
    classes = [str(index) for index in range(table.n_classes)]
    names = target_names(1 if classes else table.labels.shape[-1])
    description = Description(table.problem.task, None, [], classes, names, ["made up"], None, table.n_rows, [])
    is_image, are_several = table.problem.network is not None, table.labels.ndim > (1 if classes else 2)
    if are_several:
        description = replace(description, target_shape=list(table.labels.shape[1:]))
    targets = pd.DataFrame(target_columns(table.labels[rows].astype(_KEPT[are_several, bool(classes)]), description))
    if table.groups is not None:
        targets["group"], description = table.groups, replace(description, groups={"group": "group"})
    split = {
        "one split": Split(method="stratified" if classes and not are_several else "shuffle", train=0.75, fixed=True),
        "folds": Split(method="kfold"),
        "groups, one split": Split(method="group", column="group", train=0.5, fixed=True),
        "groups, folds": Split(method="group", column="group", folds=10),
        "time": Split(method="first", train=0.6),
    }[design]
    features = Channels(table.features[rows]) if is_image else table.features[rows]
    kinds = [] if is_image else ["number"] * features.shape[1]
    return make_plan(targets, description, features, kinds, split=split, scale=Scale(), n_seeds=n_seeds, key="split")


# as what labels are kept: by whether a row has several, and whether they are classes
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
        learned: dict[tuple[str, str], np.ndarray] = {}
        for score in table.problem.scores:
            outputs = {}
            for loss in table.problem.losses:
                selected_by = selection(score, LOSSES[loss])
                if (loss, selected_by) not in learned:
                    learned[loss, selected_by] = learn(table, plan, LOSSES[loss], selected_by, n_seeds)
                outputs[loss] = learned[loss, selected_by]
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
    n_seeds: int = N_SEEDS,
    n_fresh: int = N_FRESH,
    n_new: int = N_NEW,
    mapped: Callable[..., Iterator] = map,
) -> dict[Cell, list[Outcome]]:
    """Every outcome, by problem, score, design and method; `mapped` is `map` or one that uses several processors."""
    tables = list(itertools.product(chosen, range(n_tables)))
    measured: dict[Cell, list[Outcome]] = {}
    work = partial(_of_table, learn, {"n_seeds": n_seeds, "n_fresh": n_fresh}, n_new)
    for cells in mapped(work, *zip(*tables, strict=True)):
        for cell, outcome in cells:
            measured.setdefault(cell, []).append(outcome)
    return measured


def _of_table(
    learn: Learner, n_networks: dict[str, int], n_new: int, name: str, number: int
) -> list[tuple[Cell, Outcome]]:
    table = draw_table(PROBLEMS[name], number, n_new)
    every = outcomes(table, learn, **n_networks)
    return [((name, score, design, method), outcome) for score, design, method, outcome in every]


def train(table: Table, plan: Plan, loss: Loss, selected_by: str, n_seeds: int) -> np.ndarray:
    """Train as the pipeline does: the first seeds choose learning rate and epochs, at which all of them are trained."""
    # TensorFlow takes seconds to import, which the test of this module does not need
    from stages.execution import tuning
    from stages.training.chunk import Candidate
    from stages.training.fitting import fit, replicas_of
    from stages.training.unit import Table as Rows
    from stages.training.unit import Unit
    from tests.training.units import run_alone

    rows = Rows(table.features[: table.n_rows], table.labels[: table.n_rows], table.n_classes)
    seeds = range(table.first_seed, table.first_seed + plan.n_seeds)
    first = {"seeds": tuple(seeds[:n_seeds]), "epochs": table.problem.epochs}
    settings = settings_of(loss, selected_by, n_seeds).model_copy(update=first)
    if table.problem.network is not None:
        settings = settings.model_copy(update={"network": table.problem.network, "hidden": ()})
    few = Unit(settings, rows, replace(plan, split_of=plan.split_of[:n_seeds]))
    chosen = run_alone(lambda trains: tuning.tune(few, trains))
    every = Unit(settings, rows, plan)
    view = every.to_train
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
        optimizer=OptimizerSettings(
            name="SGD", learning_rate=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3), momentum=0.9, global_clipnorm=1.0
        ),
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
    parser.add_argument("--seeds", type=int, default=N_SEEDS)
    parser.add_argument("--new", type=int, default=N_NEW)
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
            sizes = {"n_tables": wanted.tables, "n_seeds": wanted.seeds, "n_fresh": wanted.fresh, "n_new": wanted.new}
            measured = run(trained, train, **sizes, mapped=pool.map)
            print("\n".join(summary(measured)))


if __name__ == "__main__":
    main()
