"""Made sequences: waves of one of three forms, with a frequency and a phase of their own, and noise."""

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from stages.arrays.source import ArraySource, Given, Rows
from stages.basics.ranges import Positive, Seed, Spread, Whole

_FORMS = {
    "sine": np.sin,
    "square": lambda phase: np.sign(np.sin(phase)),
    "triangle": lambda phase: 2 / np.pi * np.arcsin(np.sin(phase)),
}


class Source(ArraySource):
    """Sequences of one channel.

    Attributes:
        n_samples: sequences.
        steps: values of each.
        noise: its standard deviation, where waves go from -1 to 1.
        target: the ``form``, sine, square or triangle; or the ``frequency``, in waves over all steps; or the
            ``features``.
        random_state: decides what is made.
    """

    generator: Literal["waves"]
    n_samples: Positive = 1000
    steps: Annotated[Whole, Field(ge=8)] = 32
    noise: Spread = 0.3
    target: Literal["form", "frequency", "features"] = "form"
    random_state: Seed = 0

    def give(self, named: Iterable[str], key: str) -> Given:  # noqa: ARG002
        """Make them."""
        rng = np.random.default_rng(self.random_state)
        form = rng.integers(len(_FORMS), size=self.n_samples)
        frequency, start = rng.uniform(1, 4, self.n_samples), rng.uniform(0, 2 * np.pi, self.n_samples)
        phase = start[:, None] + 2 * np.pi * frequency[:, None] * np.arange(self.steps) / self.steps
        clean = np.stack([of_form(phase) for of_form in _FORMS.values()])[form, np.arange(self.n_samples)]
        values = (clean + rng.normal(0, self.noise, clean.shape)).astype(np.float32)[..., None]
        beside = {"form": np.array(list(_FORMS))[form], "frequency": frequency}
        return Given(Rows.of(values), beside, kind="sequences")
