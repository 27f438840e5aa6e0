"""A table's columns as numbers, by scikit-learn's ``ColumnTransformer``, in the same way for every split.

Numbers stay as they are, dates become days since 1970, booleans 0 and 1, texts are one-hot encoded with the rare
ones as one. What is missing in numbers, dates and booleans stays missing, until a split's own train rows say what
stands for it. Columns that are constant, or that only tell rows apart, are left out. All rows decide which texts are
rare and which columns are left out: that says nothing of the target.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from stages.basics.cli import UserError
from stages.basics.words import yaml_word
from stages.losses import target_transform
from stages.params.division import Scaler
from stages.records.columns import days, least_common, screened
from stages.records.datasets import Column, Kind, Treatment
from stages.wording.datasets import left_out

MAX_CATEGORIES = 50
SHOWN = 10  # of the columns left out, where none is left
_KINDS: tuple[Kind, ...] = ("number", "date", "boolean", "category")  # in the order of their inputs


@dataclass(frozen=True)
class Encoder:
    """A pipeline that was fitted, and what it does to each column.

    Attributes:
        pipeline: takes rows as ``data/raw`` holds them, gives float64 (n_rows, n_inputs), NaN where missing.
        names: (n_inputs,) what its outputs are called.
        kinds: (n_inputs,) the kind of the column that each output comes from.
        treatments: one for each column, in the order of the table.
    """

    pipeline: ColumnTransformer
    names: list[str]
    kinds: list[Kind]
    treatments: list[Treatment]


def fit(rows: pd.DataFrame, columns: list[Column], method: Scaler) -> Encoder:
    """Fit the pipeline.

    Args:
        rows: (n_rows, n_columns) all rows, as ``data/raw`` holds them.
        columns: what they are.
        method: how numbers and dates will be scaled.

    Raises:
        UserError: no column is left.
    """
    treatments = {column.name: screened(rows[column.name], column) for column in columns}
    kept = [column for column in columns if not treatments[column.name].left_out]
    if not kept:
        shown = [f"{each.column} (left out: {left_out(each)})" for each in list(treatments.values())[:SHOWN]]
        raise UserError(f"no column is left to learn from: {', '.join(shown)}{_way_out(list(treatments.values()))}")
    of_kind = {kind: [column.name for column in kept if column.kind == kind] for kind in _KINDS}
    by_frequency = one_hot(min_frequency=least_common(len(rows)), max_categories=MAX_CATEGORIES)
    # other kinds have nothing to fit, and fitting makes numbers of all rows
    pipeline = transformer(of_kind, by_frequency).fit(rows if of_kind["category"] else rows[:1])
    for kind, names in of_kind.items():
        if names:
            before = [replace(treatments[name], no_spread=_is_flat(rows[name], kind, method)) for name in names]
            done = _encoded(pipeline.named_transformers_[kind], before) if kind == "category" else _kept(before, method)
            treatments |= {each.column: each for each in done}
    # each is called by its kind as well, which keeps a text's input apart from a number of the same name
    names = [str(name).split("__", 1)[1] for name in pipeline.get_feature_names_out()]
    return Encoder(pipeline, names, kinds_of(pipeline), list(treatments.values()))


def kinds_of(pipeline: ColumnTransformer) -> list[Kind]:
    """The kind of the column that each output of a fitted pipeline comes from."""
    return [str(name).split("__", 1)[0] for name in pipeline.get_feature_names_out()]


def _way_out(treatments: list[Treatment]) -> str:
    """What to write where no column is left."""
    name = next((each.column for each in treatments if each.left_out == "identifier"), None)
    keep = "" if name is None else f"to learn from one all the same: columns: {{{yaml_word(name)}: number}}; "
    return f"; {keep}which columns there are to learn from, features: and drop: beside file: say"


def transformer(columns: dict[Kind, list[str]], texts_encoder: OneHotEncoder) -> ColumnTransformer:
    """What makes numbers of columns, given by their kind; not fitted."""
    functions = {"number": numbers, "date": days, "boolean": numbers, "category": texts}
    steps = {kind: FunctionTransformer(done, feature_names_out="one-to-one") for kind, done in functions.items()}
    steps["category"] = make_pipeline(steps["category"], texts_encoder)
    return ColumnTransformer(
        [(kind, step, columns[kind]) for kind, step in steps.items() if columns.get(kind)], sparse_threshold=0
    )


def one_hot(**which: Any) -> OneHotEncoder:
    """What gives each frequent text an input, and the rare ones and those that are new one together.

    Args:
        which: the encoder's arguments that say which texts are frequent.
    """
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist", sparse_output=False, feature_name_combiner=input_name, **which
    )


def numbers(columns: pd.DataFrame) -> np.ndarray:
    """Numbers or booleans as float64, NaN where missing: (n_rows, n_columns)."""
    return columns.to_numpy(np.float64, na_value=np.nan)


def texts(categories: pd.DataFrame) -> pd.DataFrame:
    """Texts as scikit-learn takes them; what is missing, None, is a category too."""
    return categories.astype(object).where(categories.notna(), None)


def input_name(column: str, category: str | None) -> str:
    """What the input is called that tells whether a row has this text."""
    return f"{column}={ {None: 'missing', 'infrequent_sklearn': 'rare'}.get(category, category) }"


def _is_flat(values: pd.Series, kind: Kind, method: Scaler) -> bool:
    """Whether a number or a date that differs has no interquartile range, by which it is to be scaled."""
    if method != "robust" or kind not in ("number", "date"):
        return False
    own = np.asarray((days if kind == "date" else numbers)(values.to_frame()), np.float64)
    return bool(target_transform.has_no_range(np.where(np.isnan(own), np.nanmedian(own), own)).all())


def _kept(before: list[Treatment], method: Scaler) -> list[Treatment]:
    """What is done to numbers, dates or booleans, by each split once it is known which rows train."""
    done = []
    for column in before:
        is_boolean = column.kind == "boolean"
        imputed = "most frequent" if is_boolean else "median"
        done.append(
            replace(
                column,
                n_inputs=1,
                imputed=imputed if column.missing else None,
                scaled=None if is_boolean or method == "none" else method,
            )
        )
    return done


def _encoded(step: Pipeline, before: list[Treatment]) -> list[Treatment]:
    """What a fitted step does to its texts."""
    encoder, done = step[-1], []
    for column, every, rare in zip(before, encoder.categories_, encoder.infrequent_categories_, strict=True):
        rare_ones = [] if rare is None else list(rare)
        done.append(
            replace(
                column,
                n_inputs=len(every) - len(rare_ones) + bool(rare_ones),
                n_categories=len(every),
                n_rare=len(rare_ones),
                missing_as=("rare" if None in rare_ones else "a category") if column.missing else None,
            )
        )
    return done
