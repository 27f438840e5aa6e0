"""What makes a network's inputs of rows, as a file of names, texts and numbers.

scikit-learn's own way to keep a transformer is a pickle, and a pickle runs what it says when it is read. From these
facts the transformer is made again: columns by their kind, and of each column of texts which are frequent and which
are rare.
"""

from typing import Self

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, model_validator
from pydantic.dataclasses import dataclass
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline, make_pipeline

from stages.basics import files
from stages.features import encoding
from stages.features.scaling import KnownScaler
from stages.records import datasets
from stages.records.datasets import Kind


@dataclass(frozen=True)
class Texts:
    """The texts of a column in training; None is a missing one.

    Attributes:
        frequent: those that have an input each, in the order of these.
        rare: those that share one.
    """

    frequent: list[str | None]
    rare: list[str | None]

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if len({*self.frequent, *self.rare}) != len(self.frequent) + len(self.rare) or not (self.frequent or self.rare):
            raise ValueError("texts are there twice, or none is there")
        return self


@dataclass(frozen=True)
class Encoder:
    """What makes numbers of rows.

    Attributes:
        columns: by kind the columns, in the order of their inputs.
        texts: of each column of the kind category.
    """

    columns: dict[Kind, list[str]]
    texts: list[Texts]

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if len(self.columns.get("category", [])) != len(self.texts) or "identifier" in self.columns:
            raise ValueError("columns and texts do not fit together")
        return self


@dataclass(frozen=True)
class Inputs:
    """What makes a network's inputs of rows.

    Attributes:
        encoder: what makes numbers of them.
        fill: (n_inputs,), what stands for a missing value.
        center: (n_inputs,), which is then taken off.
        spread: (n_inputs,), by which it is then divided.
    """

    encoder: Encoder
    fill: list[float]
    center: list[float]
    spread: list[float]


_ENCODER, _INPUTS = TypeAdapter(Encoder), TypeAdapter(Inputs)


def write(comparison: str, encoder: ColumnTransformer, scaler: KnownScaler) -> None:
    """Write what makes the inputs of a comparison's networks of rows as ``data/raw`` holds them."""
    numbers = [array.tolist() for array in (scaler.fill, scaler.center, scaler.spread)]
    files.write_json(datasets.pipeline_path(comparison), _INPUTS.dump_python(Inputs(facts(encoder), *numbers)))


def read(comparison: str) -> Pipeline:
    """What makes the inputs of a comparison's networks of rows as ``data/raw`` holds them: an encoder and a scaler."""
    path = datasets.pipeline_path(comparison)
    value = files.read_json(path, stage="scale")
    with files.reading(path, "scale"):
        inputs = _INPUTS.validate_python(value)
    numbers = (np.array(each) for each in (inputs.fill, inputs.center, inputs.spread))
    return make_pipeline(fitted(inputs.encoder), KnownScaler(*numbers))


def encoder_of(comparison: str, dataset: str) -> ColumnTransformer | None:
    """What makes numbers of rows as ``data/raw`` holds them; None where they are arrays, which are numbers."""
    return None if datasets.read_encoded(dataset).description.arrays else read(comparison)[0]


def facts(encoder: ColumnTransformer) -> Encoder:
    """What a fitted encoder knows."""
    kept = {kind: (step, list(names)) for kind, step, names in encoder.transformers_ if kind != "remainder"}
    texts = []
    if "category" in kept:
        one_hot = kept["category"][0][-1]
        for every, infrequent in zip(one_hot.categories_, one_hot.infrequent_categories_, strict=True):
            rare = {} if infrequent is None else dict.fromkeys(infrequent)
            texts.append(Texts([each for each in every if each not in rare], list(rare)))
    return Encoder({kind: names for kind, (_, names) in kept.items()}, texts)


def fitted(encoder: Encoder) -> ColumnTransformer:
    """The encoder that knows this: fitted on rows in which the frequent texts stand, and no rare one."""
    n_rows = max([1, *(len(each.frequent) for each in encoder.texts)])
    rows = {name: np.full(n_rows, np.nan) for kind in ("number", "boolean") for name in encoder.columns.get(kind, [])}
    rows |= {name: np.full(n_rows, "NaT", "datetime64[us]") for name in encoder.columns.get("date", [])}
    for name, texts in zip(encoder.columns.get("category", []), encoder.texts, strict=True):
        unknown = "x" * (1 + max(len(text or "") for text in (*texts.frequent, *texts.rare)))
        rows[name] = [*texts.frequent, *[unknown] * (n_rows - len(texts.frequent))]
    one_hot = encoding.one_hot(categories=[[*each.frequent, *each.rare] for each in encoder.texts], min_frequency=1)
    return encoding.transformer(encoder.columns, one_hot).fit(pd.DataFrame(rows))


def to_json(encoder: ColumnTransformer) -> bytes:
    """A fitted encoder as JSON."""
    return _ENCODER.dump_json(facts(encoder), indent=2)


def from_json(content: bytes) -> ColumnTransformer:
    """A fitted encoder from JSON."""
    return fitted(_ENCODER.validate_json(content))
