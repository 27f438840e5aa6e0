"""A source of arrays: what its rows are, what is odd about them, and the file of what is predicted from."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stages.arrays import layout
from stages.arrays.held import shown
from stages.arrays.layout import Layout
from stages.arrays.source import FEATURES, Given
from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.params.schema import Dataset, Split
from stages.records import features
from stages.records.array_facts import ArrayFacts, inputs_of, packed, slices
from stages.records.datasets import Description, Inference, target_names, unique
from stages.records.findings import SHOWN_ROWS, Finding
from stages.sources import masks, weights
from stages.sources.describe import COPIES
from stages.sources.target import Target, find_target

MOST_ALIKE = 0.5  # share of rows with a copy above which rows are alike because they say little, as of few values


def load(
    name: str,
    dataset: Dataset,
    splits: Mapping[str, Split],
    for_losses: Mapping[str, str] | None = None,
    *,
    out: Path | None = None,
) -> tuple[pd.DataFrame, Description]:
    """Read or make a dataset of arrays, keep the rows that have a target and count, and describe them.

    Args:
        name: of the dataset, for messages about mistakes.
        dataset: its parameters, whose source gives arrays.
        splits: how rows are divided, by the key that says so.
        for_losses: columns that losses would see, and the path of the key that names each.
        out: where the features are written to; None where they are only looked at.

    Returns:
        The rows without their features: what groups and weighs them, which are copies, and the target. And what they
        are.
    """
    source, key = dataset.source, f"{paths.PARAMS}: datasets.{name}"
    for column, place in (for_losses or {}).items():
        raise UserError(f"{place}: '{column}' given; a loss sees columns of tables, and {name} is arrays; leave it out")
    groups = list(dict.fromkeys(split.column for split in splits.values() if split.column is not None))
    given = source.give(groups, f"{key}.source")
    laid_out = layout.of(given, source, f"{key}.source")
    chosen = _chosen(given, dataset, laid_out, key)
    seen = _written(given, laid_out, chosen.kept, out, key)
    facts = seen.told(laid_out.facts, key)
    numbers = _copies(seen.hashes, chosen.columns)
    rows, beside = _rows(given, chosen, key, groups=groups, weight=source.weight_name, copies=numbers)
    copies = beside.get(COPIES)
    target, findings = chosen.target, [*given.findings, *laid_out.findings, *_findings(facts, seen, dataset)]
    if target.classes and chosen.lost:
        findings.append(Finding("classes lost", "", chosen.lost, n_rows=len(chosen.lost)))
    if copies:
        places = (np.flatnonzero(chosen.kept)[rows[copies].duplicated()] + 1).tolist()
        kind = "copies apart" if dataset.split.copies == "apart" else "copies"
        findings.append(Finding(kind, "", [], places[:SHOWN_ROWS], len(places), len(rows)))
    return rows, Description(
        **target.facts(is_said=dataset.known_task is not None or chosen.gives_features),
        targets=chosen.names,
        files=given.files,
        csv=None,
        n_read=len(given.rows),
        columns=[],
        groups={each: beside[each] for each in groups},
        findings=findings,
        weight=beside.get(source.weight_name),
        n_weightless=int((chosen.has_target & ~chosen.kept).sum()),
        copies=copies,
        arrays=facts,
        target_shape=list(chosen.target.labels.shape[1:]) if chosen.is_packed else [],
    )


class _Chosen(NamedTuple):
    """Which rows are learned from, and what is predicted of them.

    Attributes:
        has_target: bool (n_rows,).
        kept: bool (n_rows,), those that have one and count for something.
        target: of these.
        names: what is predicted.
        lost: classes that only others have.
        is_mask: whether each position of a row has a target.
        gives_features: whether it is the features.
    """

    has_target: np.ndarray
    kept: np.ndarray
    target: Target
    names: list[str]
    lost: list[str]
    is_mask: bool = False
    gives_features: bool = False

    @property
    def is_packed(self) -> bool:
        """Whether what is predicted of a row is kept as one: masks, and several yes/no columns."""
        return self.is_mask or self.target.are_labels

    @property
    def columns(self) -> dict[str, Any]:
        """The target as columns of a table, each (n_kept,): see `datasets.target_columns`."""
        if self.is_packed:
            return {target_names(1)[0]: packed(self.target.labels)}
        labels = np.atleast_2d(self.target.labels.T)
        return dict(zip(target_names(len(labels)), labels, strict=True))


def _chosen(given: Given, dataset: Dataset, laid_out: Layout, key: str) -> _Chosen:
    """Which rows have a target and count for something, and what is predicted of them."""
    facts = laid_out.facts
    [first, *others] = dataset.source.targets
    if dataset.source.gives_features and first not in given.beside:
        _refuse_several(given, f"{key}.source.target", "what is predicted from")
        return _giving_features(given, dataset, laid_out, key)
    of_first = given.beside.get(first, np.empty(0))
    if not others and given.inputs and of_first.ndim > 2:
        _refuse_several(given, f"{key}.source.target", "a class for each position")
    if not others and masks.is_mask(of_first, facts.shape[:-1]):
        return _masked(given, dataset, facts, key)
    targets, weight = _columns(given, dataset.source.targets, f"{key}.source.target"), dataset.source.weight_name
    has_target = targets.notna().all(axis=1).to_numpy()
    kept = _counting(given, weight, has_target, key)
    lost = weights.lost(targets, has_target & ~kept, kept, key)
    settings = {"positive": dataset.positive, "order": dataset.order, "period": dataset.period}
    target = find_target(targets[kept].reset_index(drop=True), dataset.task, key, **settings)
    return _Chosen(has_target, kept, target, list(targets.columns), lost)


def _refuse_several(given: Given, key: str, target: str) -> None:
    """Refuse a target that is of one input, where there are several."""
    if given.inputs:
        raise UserError(f"{key}: {target} goes with one input, and there are {len(given.inputs)}: features: names them")


def _masked(given: Given, dataset: Dataset, facts: ArrayFacts, key: str) -> _Chosen:
    """The same where each position of a row has a target."""
    [name] = dataset.source.targets
    for setting, value, kind in (("order", dataset.order, "class"), ("period", dataset.period, "value")):
        if value:
            raise UserError(f"{key}.{setting}: goes with a {kind} for each row, and '{name}' has one for each position")
    values = masks.checked(given.beside[name], name, facts.shape[:-1], key)
    has_target = ~masks.missing(values)
    kept = _counting(given, dataset.source.weight_name, has_target, key)
    target = masks.find_classes(values[kept], name, dataset.task, key, dataset.positive)
    return _Chosen(has_target, kept, target, [name], [], is_mask=True)


def _giving_features(given: Given, dataset: Dataset, laid_out: Layout, key: str) -> _Chosen:
    """The same where the features are what is predicted: of rows in which no number is missing."""
    for setting, value in (("positive", dataset.positive), ("order", dataset.order)):
        if value is not None:
            raise UserError(f"{key}.{setting}: goes with classes, and the features are values; leave it out")
    if dataset.period:
        raise UserError(f"{key}.period: goes with one target, and all features are predicted; leave it out")
    if dataset.task not in (None, "regression"):
        raise UserError(f"{key}.task: the features are values, which are a regression; leave it out")
    blocks = [laid_out.stored(given.rows.read(some)).astype(np.float32) for some in given.rows.blocks()]
    values = np.concatenate(blocks)
    has_target = ~masks.missing(values)
    kept = _counting(given, dataset.source.weight_name, has_target, key)
    has_positions, n_values = values.ndim > 2, values.shape[-1]
    names = [FEATURES] if has_positions or n_values == 1 else [f"{FEATURES}_{k}" for k in range(1, n_values + 1)]
    labels = values[kept] if has_positions else values[kept].astype(np.float64)
    target = Target("regression", labels, [], Inference("numbers", labels[0].size), [])
    return _Chosen(has_target, kept, target, names, [], is_mask=has_positions, gives_features=True)


def _counting(given: Given, weight: str | None, has_target: np.ndarray, key: str) -> np.ndarray:
    """Which of the rows that have a target count for something: bool (n_rows,)."""
    weights.check_count(has_target, f"{key}.source")
    if weight is None:
        return has_target
    rows = np.arange(1, len(has_target) + 1)
    return weights.counting(_column(given, weight, key), has_target, rows, f"{key}.source.weight")


def _rows(
    given: Given, chosen: _Chosen, key: str, *, groups: list[str], weight: str | None, copies: np.ndarray | None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The rows that are kept without their features, and what in them is called how, by the names that keys use."""
    names, kept = list(chosen.columns), chosen.kept
    columns = {each: _column(given, each, key)[kept].to_numpy() for each in groups}
    if weight is not None:
        columns[weight] = _column(given, weight, key)[kept].to_numpy(np.float64)
    if copies is not None:
        columns[COPIES] = copies
    called = dict(zip(columns, unique(list(columns), names), strict=True))
    rows = pd.DataFrame({called[each]: values for each, values in columns.items()}, index=range(kept.sum()))
    return rows.assign(**chosen.columns), called


def _column(given: Given, name: str, key: str) -> pd.Series:
    """What is known of each row besides, under a name.

    Raises:
        UserError: there is no such thing, or it is more than one number or text for each row.
    """
    if name not in given.beside:
        raise UserError(f"{key}: {suggest.not_one_of(name, list(given.beside), 'known of its rows', 'There are')}")
    values = given.beside[name]
    if values.ndim > 1 and values.shape[1:] == (1,):
        values = values[:, 0]
    if values.ndim != 1:
        raise UserError(f"{key}: '{name}' has the shape {shown(values.shape)}; one number or text a row is needed")
    return pd.Series(_decoded(_plain(values, name, key)), name=name)


def _columns(given: Given, names: list[str], key: str) -> pd.DataFrame:
    """The target: of one array with several columns each of them, ``y_1`` and so on."""
    columns = {}
    for name in names:
        values = given.beside.get(name)
        if values is not None and values.ndim == 2 and values.shape[1] > 1:
            if _one_hot(values):
                raise UserError(
                    f"{key}: '{name}' has {values.shape[1]:,} columns of 0 and 1, one 1 in each row; save the number "
                    f"of its class instead: {name}.argmax(axis=1)"
                )
            several = enumerate(_plain(values, name, key).T, start=1)
            columns |= {f"{name}_{number}": pd.Series(column) for number, column in several}
            continue
        columns[name] = _column(given, name, key)
    return pd.DataFrame(columns)


def _one_hot(values: np.ndarray) -> bool:
    return values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all())


def _plain(values: np.ndarray, name: str, key: str) -> np.ndarray:
    """Numbers, texts or times in this machine's order of bytes; complex numbers and records are refused."""
    if values.dtype.kind not in "biufSUmM":
        raise UserError(f"{key}: '{name}' holds {values.dtype}; one number or text a row is needed")
    own = np.dtype(np.float64) if values.dtype == np.longdouble else values.dtype.newbyteorder("=")
    return values.astype(own, copy=False)


def _decoded(values: np.ndarray) -> np.ndarray:
    """Texts as pandas has them; an empty one is missing."""
    if values.dtype.kind not in "SU":
        return values
    texts = np.char.decode(values, "utf-8", "backslashreplace") if values.dtype.kind == "S" else values
    return np.array([text or None for text in texts.tolist()], object)


class _Seen(NamedTuple):
    """What a look at all features shows: of rows (n_kept,), of numbers of a row those of its shape."""

    low: float
    high: float
    missing: np.ndarray
    hashes: np.ndarray
    lows: np.ndarray
    highs: np.ndarray

    def told(self, facts: ArrayFacts, key: str) -> ArrayFacts:
        """Facts with what the numbers are.

        Raises:
            UserError: one of several inputs holds none.
        """
        lows, highs = self.lows.ravel(), self.highs.ravel()
        inputs = []
        for each, (name, some) in zip(facts.inputs, slices(inputs_of(facts)).items(), strict=True):
            if not np.isfinite(lows[some]).any():
                raise UserError(f"{key}.source.features: '{name}' holds nothing but NaN; leave it out")
            inputs.append(replace(each, low=_lowest(lows[some]), high=-_lowest(-highs[some])))
        constant = int((lows == highs).sum())
        missing = int(self.missing.sum())
        return replace(facts, low=self.low, high=self.high, missing=missing, constant=constant, inputs=inputs)


def _written(given: Given, laid_out: Layout, kept: np.ndarray, out: Path | None, key: str) -> _Seen:
    """Look at the features of the rows that are kept, a block at a time, and write them where they go."""
    facts, numbers = laid_out.facts, np.flatnonzero(kept)
    shape = (len(numbers), *facts.shape)
    missing, hashes = np.zeros(len(numbers), bool), np.empty(len(numbers), np.uint64)
    lows, highs = (np.full(facts.shape, sign * np.inf, np.float32) for sign in (1, -1))
    with features.writing(out, shape, facts.dtype) if out else nullcontext() as array:
        done = 0
        for some in given.rows.blocks():
            rows = np.arange(some.start, some.stop)[kept[some]]
            block = laid_out.stored(given.rows.read(some)[kept[some]])
            if facts.dtype == "float32":
                if (infinite := np.isinf(block).reshape(len(block), -1).any(axis=1)).any():
                    raise UserError(
                        f"{key}.source: row {rows[infinite.argmax()] + 1:,} of the features holds numbers that are "
                        "infinite, or too large for networks (float32); mend it, or write NaN for what is missing"
                    )
                missing[done : done + len(block)] = np.isnan(block).reshape(len(block), -1).any(axis=1)
            if len(block):
                lows, highs = np.fmin(lows, np.fmin.reduce(block)), np.fmax(highs, np.fmax.reduce(block))
                hashes[done : done + len(block)] = _hashed(block)
            if array is not None:
                array[done : done + len(block)] = block
            done += len(block)
    if not np.isfinite(lows).any():
        raise UserError(f"{key}.source: the features hold nothing but NaN; there is nothing to learn from")
    if (lows == highs).all() and lows.min() == highs.max():
        raise UserError(f"{key}.source: the features are {lows.flat[0]:g} everywhere; there is nothing to learn from")
    return _Seen(_lowest(lows), -_lowest(-highs), missing, hashes, lows, highs)


def _lowest(numbers: np.ndarray) -> float:
    return float(numbers[np.isfinite(numbers)].min())


def _hashed(block: np.ndarray) -> np.ndarray:
    """A number for each row (n_rows,), the same for those that are equal byte by byte, but -0 is 0."""
    plain = np.ascontiguousarray(block + np.float32(0) if block.dtype == np.float32 else block).reshape(len(block), -1)
    return pd.util.hash_array(np.array([row.tobytes() for row in plain], object), categorize=False)


def _copies(hashes: np.ndarray, targets: Mapping[str, Any]) -> np.ndarray | None:
    """Which rows are copies, equal in features and target: see `copies.numbered`; None without copies."""
    columns = np.column_stack([hashes, pd.util.hash_pandas_object(pd.DataFrame(targets), index=False)])
    numbers, different = pd.factorize(pd.Series(map(tuple, columns)))
    return numbers if (1 - MOST_ALIKE) * len(numbers) <= len(different) < len(numbers) else None


def _findings(facts: ArrayFacts, seen: _Seen, dataset: Dataset) -> list[Finding]:
    """What is odd about the numbers."""
    found, ends = [], [f"{facts.low:.6g}", f"{facts.high:.6g}"]
    if facts.constant:
        rows = "rows" if facts.inputs else facts.kind
        found.append(Finding("constant numbers", rows, n_rows=facts.constant, n_of=facts.n_values))
    if facts.missing:
        places = (np.flatnonzero(seen.missing)[:SHOWN_ROWS] + 1).tolist()
        found.append(Finding("missing numbers", facts.kind, [], places, facts.missing, len(seen.missing)))
    if dataset.scale.features == "none" and max(abs(facts.low), abs(facts.high)) > UNSCALED:
        found.append(Finding("unscaled", facts.kind, ends))
    return found


UNSCALED = 10  # numbers beyond this on either side of 0 make networks learn slowly or not at all
