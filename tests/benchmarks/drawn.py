"""What verdicts are worth on row values that are drawn, without networks, so that thousands of comparisons are had.

python -m tests.benchmarks.verdicts "drawn looks"    one problem: some minutes on two cores

Each problem prints lines of figures, in percent with their binomial 95 % intervals (Clopper & Pearson).
"""

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scipy.signal import lfilter
from scipy.stats import binomtest

from stages.verdicts.advice import advise
from stages.verdicts.design import Design, blocks
from stages.verdicts.pairs import compare
from stages.verdicts.settling import look_at
from tests.verdicts.designs import crossed, folds

N = 4_000  # comparisons of a figure
N_ROWS = 100
HEIGHT = 40.0  # deviations by which a seed that goes astray lies above the others

Mapped = Callable[..., Iterator]


def share(n: int, of: int) -> str:
    """A share in percent, with its binomial interval."""
    low, high = binomtest(n, of).proportion_ci()
    return f"{100 * n / of:.1f} % ({100 * low:.1f} to {100 * high:.1f}; {n:,} of {of:,})"


def _values(generator: np.random.Generator, errors: list[float], n_seeds: int, *, rows: float) -> dict[str, np.ndarray]:
    """Row values of losses whose seeds differ by pairs with a deviation of 1, and row by row by `rows`."""
    return {
        f"loss {number}": error
        + generator.normal(size=(n_seeds, 1)) / np.sqrt(2)
        + rows * generator.normal(size=N_ROWS)
        + generator.normal(size=(n_seeds, N_ROWS))
        for number, error in enumerate(errors)
    }


def _looked(looks: tuple[int, ...], errors: list[float], rows: float, number: int) -> tuple[int, bool]:
    """How many seeds a comparison needs, and whether two losses of it are told apart at its end."""
    values = _values(np.random.default_rng((5, number)), errors, looks[-1], rows=rows)
    n_seeds, going = dict.fromkeys(values, 0), list(values)
    for n in looks:
        n_seeds |= dict.fromkeys(going, n)
        some = {loss: own[: n_seeds[loss]] for loss, own in values.items()}
        pairs = _compare(some, crossed(n, N_ROWS), n_looks=len(looks))
        look = look_at(list(values), pairs, advise(list(values), pairs), looks)
        if look.ended:
            break
        going = look.going
    return n, any(pair.verdict in ("better", "worse") for pair in pairs.values())


def _compare(values: dict[str, np.ndarray], design: Design, n_looks: int = 1) -> dict:
    """Pairs of losses of which every difference matters."""
    return compare(values, design, higher_is_better=False, margin=0.0, same_objective=set(), worst=1e9, n_looks=n_looks)


def looks(mapped: Mapped, n: int = N) -> Iterator[str]:
    """False calls among three equal losses over all looks, and how many seeds two that differ need on average."""
    numbers, sixty = range(n), tuple(range(10, 61, 10))
    for what, rows in (("seeds alone differ", 0.0), ("rows differ too", 3.0)):
        called = [each for _, each in _chunked(mapped, partial(_looked, sixty, [0.0] * 3, rows), numbers)]
        yield f"three equal losses of which {what}, at most 60 seeds: told apart in {share(sum(called), n)}"
    for most in (30, 60):
        for effect in (0.5, 1.0, 2.0):
            work = partial(_looked, tuple(range(10, most + 1, 10)), [0.0, effect], 0.0)
            needed, told = zip(*_chunked(mapped, work, range(n // 8)), strict=True)
            mean, error = np.mean(needed), 1.96 * np.std(needed) / len(needed) ** 0.5
            yield (
                f"two losses {effect:g} deviations apart, at most {most}: {mean:.1f} ± {error:.1f} seeds on average, "
                f"told apart in {share(sum(told), len(told))}"
            )


def _astray(worse_by: float, number: int) -> tuple[bool, bool, bool]:
    """Of a loss that goes astray in 5 % of seeds: whether either end holds, and whether any of 30 seeds went astray.

    The ends are those of how much worse it is: the lower, and the upper.
    """
    generator = np.random.default_rng((6, number))
    values = _values(generator, [0.0, worse_by], 30, rows=0.3)
    far = generator.random((30, 1)) < 0.05
    values["loss 1"] = values["loss 1"] + HEIGHT * far
    pair = _compare(values, crossed(30, N_ROWS))["loss 0", "loss 1"]
    truth = worse_by + 0.05 * HEIGHT
    return pair.low <= truth, truth <= pair.high, bool(far.any())


def astray(mapped: Mapped, n: int = N) -> Iterator[str]:
    """How often the end nearer 0 holds, where a loss is worse, and goes astray in 5 % of its seeds."""
    for worse_by in (0.0, 0.5, 1.0):
        made = _chunked(mapped, partial(_astray, worse_by), range(n))
        low, high, far = (sum(each) for each in zip(*made, strict=True))
        yield (
            f"worse by {worse_by:g} deviations and astray in 5 % of seeds: the end nearer 0 holds in {share(low, n)}, "
            f"the other in {share(high, n)}; in {share(n - far, n)} none of 30 went astray"
        )


def _equal(number: int) -> tuple[int, int]:
    """Of three losses that hardly differ the pairs that are told apart, and those the wrong way round."""
    generator = np.random.default_rng((7, number))
    errors = generator.normal(scale=0.15, size=3)
    values = _values(generator, list(errors), 30, rows=0.5)
    pairs = _compare(values, crossed(30, N_ROWS) if number % 2 else folds(30, N_ROWS, 10, number))
    told = wrong = 0
    for (one, a), (other, b) in itertools.combinations(zip(values, errors, strict=True), 2):
        verdict = pairs[one, other].verdict
        told += verdict in ("better", "worse")
        wrong += verdict == ("worse" if a < b else "better")
    return told, wrong


def equal(mapped: Mapped, n: int = N) -> Iterator[str]:
    """How many pairs of losses that hardly differ are told apart, and how many of these the wrong way round."""
    told, wrong = (sum(each) for each in zip(*_chunked(mapped, _equal, range(n)), strict=True))
    yield f"pairs some 0.2 deviations apart: told apart in {share(told, 3 * n)}, wrongly in {share(wrong, 3 * n)}"


def _grouped(n_groups: int, by_folds: bool, number: int) -> bool:
    """Whether the interval of two equal losses holds 0, where rows of one group differ alike."""
    generator = np.random.default_rng((8, number))
    sizes = generator.integers(5, 46, n_groups)
    group = np.repeat(np.arange(n_groups), sizes)
    tested = folds(30, n_groups, 10, number).tested[:, group] if by_folds else np.ones((30, len(group)), bool)
    of_rows = generator.standard_t(5, n_groups)[group] + generator.normal(size=len(group))
    return _holds(generator, of_rows, Design(tested, np.empty(0), group))


def _in_time(memory: float, n_tested: int, number: int) -> bool:
    """Whether the interval of two equal losses holds 0, where a row differs as the row before it."""
    generator = np.random.default_rng((9, number))
    steps = np.sqrt(1 - memory**2) * generator.normal(size=n_tested + 100)
    tested = np.ones((30, n_tested), bool)
    return _holds(generator, lfilter([1], [1, -memory], steps)[100:], Design(tested, np.empty(0), blocks(tested), True))


def _holds(generator: np.random.Generator, of_rows: np.ndarray, design: Design) -> bool:
    """Whether the interval holds the truth, 0, of rows that differ so, and seeds that differ a little."""
    noise = 0.2 * generator.normal(size=(30, 1)) + 0.5 * generator.normal(size=design.tested.shape)
    values = {"one": of_rows + noise, "other": np.zeros(design.tested.shape)}
    pair = _compare(values, design)["one", "other"]
    return pair.low <= 0 <= pair.high


def grouped(mapped: Mapped, n: int = N) -> Iterator[str]:
    """How often intervals hold where rows of a group are alike."""
    for n_groups in (10, 20, 40):
        for name, by_folds in (("one split", False), ("folds", True)):
            held = sum(_chunked(mapped, partial(_grouped, n_groups, by_folds), range(n // 4)))
            yield f"{n_groups} groups of 5 to 45 rows, {name}: holds in {share(held, n // 4)}"


def in_time(mapped: Mapped, n: int = N) -> Iterator[str]:
    """How often intervals hold where neighbours are alike."""
    for memory in (0.5, 0.8):
        for n_tested in (100, 150, 250):
            held = sum(_chunked(mapped, partial(_in_time, memory, n_tested), range(n // 4)))
            yield f"autocorrelation {memory}, {n_tested} test rows: holds in {share(held, n // 4)}"


def _chunked(mapped: Mapped, work: Callable, numbers: range) -> Iterator:
    """What work gives for each number, many at a time."""
    firsts = range(numbers.start, numbers.stop, 100)
    several = mapped(partial(_some, work), (range(first, min(first + 100, numbers.stop)) for first in firsts))
    return itertools.chain.from_iterable(several)


def _some(work: Callable, numbers: range) -> list:
    return [work(number) for number in numbers]


PROBLEMS: dict[str, Callable[[Mapped], Iterator[str]]] = {
    "drawn looks": looks,
    "drawn astray": astray,
    "drawn equal": equal,
    "drawn groups": grouped,
    "drawn time": in_time,
}
