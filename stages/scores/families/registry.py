"""Scores that differ by a number in their name, and others that only some targets ask for: by name."""

import re

from stages.scores.families import circle, deviances, one_sided, quantiles
from stages.scores.families.recall import recall
from stages.scores.score import Score

_SINGLE = {"crps": quantiles.crps, "poisson_deviance": deviances.poisson, "gamma_deviance": deviances.gamma}
_SHARE = r"(0?\.\d*[1-9]\d*)"
_BY_NUMBER = {
    f"pinball_{_SHARE}": quantiles.pinball,
    f"{one_sided.EXPECTILE}{_SHARE}": one_sided.expectile,
    rf"{one_sided.LINEX}(-?(?:[1-9]\d*(?:\.\d+)?|0\.\d*[1-9]\d*))": one_sided.linex,
    rf"{circle.CIRCULAR}([1-9]\d*(?:\.\d+)?|0\.\d*[1-9]\d*)": circle.circular_error,
    rf"{deviances.TWEEDIE}(1\.\d*[1-9]\d*)": deviances.tweedie,
}

# one of each, as a user writes them
EXAMPLES = (
    *_SINGLE,
    *("pinball_0.9", "expectile_0.8", "linex_1", "circular_error_24", "tweedie_deviance_1.5"),
    *(f"{family}80" for family in quantiles.FAMILIES),
)


def of_family(name: str, n_classes: int | None) -> Score | None:
    """A score of a family by its name; of recalls one of a class that there is. None where there is none."""
    if match := re.fullmatch(r"recall_(\d+)", name):
        return recall(int(match[1])) if n_classes is None or int(match[1]) < n_classes else None
    if name in _SINGLE:
        return _SINGLE[name]()
    for pattern, make in _BY_NUMBER.items():
        if match := re.fullmatch(pattern, name):
            return make(float(match[1]), name)
    match = re.fullmatch(rf"({'|'.join(quantiles.FAMILIES)})([1-9]\d?)", name)
    return quantiles.FAMILIES[match[1]](int(match[2]) / 100, name) if match else None
