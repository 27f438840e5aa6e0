"""What a loss is, in words that stand beside its name."""

import numpy as np

from stages.basics.markup import Markdown, code, short, text
from stages.basics.words import percent
from stages.losses import catalogue
from stages.losses.estimand import Estimand, Statistic
from stages.losses.loss import Loss
from stages.losses.target_transform import Transform
from stages.records.runs import Run

_TARGETS: dict[Transform, str] = {
    "standard": "target scaled (standard)",
    "minmax": "target scaled (minmax)",
    "robust": "target scaled (robust)",
    "none": "target as it is",
    "ratio": "target ÷ its mean",
    "log": "log(1 + target)",
    "of heads": "numbers scaled (standard), yes and no as 1 and 0",
}

_STATISTICS: dict[Statistic, str] = {
    "mean": "the mean",
    "median": "the median",
    "mean of logarithms": "the mean of logarithms",
    "below the median": "a value below the median",
    "between mean and median": "a value between mean and median",
    "direction": "a direction",
}


def estimand(estimated: Estimand | None) -> str | None:
    """An estimand of values in words; None of others."""
    if estimated is None or estimated.statistic == "quantile":
        return estimated and f"the {100 * estimated.share:g} % quantile"
    if estimated.statistic == "expectile":
        return f"the {100 * estimated.share:g} % expectile"
    return _STATISTICS.get(estimated.statistic)


def in_full(loss: Loss) -> str:
    """What a loss is, where its name alone does not say it: its function and the parameters that are not usual."""
    usual = catalogue.row_of(loss)
    if loss.heads:
        weights = zip(loss.heads, loss.parts, loss.parameters.items(), strict=True)
        return " + ".join(
            f"{_times(weight, is_chosen=name in loss.options)}{part} of {target}"
            for target, (_, part, _), (name, weight) in weights
        )
    if loss.parts:
        parts = [f"{'' if weight == 1 else f'{weight:g} × '}{name}" for weight, name, _ in loss.parts]
        return " + ".join(parts)
    if usual is None:
        return loss.function
    unusual = [
        f"{key} {catalogue.shown(value)}" for key, value in loss.parameters.items() if value != usual.parameters[key]
    ]
    named = usual.name if loss.name != usual.name else ""
    return " ".join(part for part in (named, ", ".join(unusual)) if part)


def _times(weight: float, *, is_chosen: bool) -> str:
    return "chosen × " if is_chosen else "" if weight == 1 else f"{weight:g} × "


def variant(loss: Loss) -> str:
    """What a loss is trained on, where its target transform was set, and its output; how it weighs classes."""
    if loss.class_weight:
        is_auto = loss.class_weight == "auto"
        weights = "auto" if is_auto else ", ".join(f"{name} {weight:g}" for name, weight in loss.class_weight.items())
        return f"weighted by class ({short(weights)})"
    if loss.label_weights:
        return f"weighted by label ({', '.join(f'{weight:g}' for weight in loss.label_weights)})"
    usual = catalogue.row_of(loss)
    if loss.target_transform is None or (usual and usual.target_transform and usual.activation == loss.activation):
        return ""  # nothing was set, or what its row in the catalogue has
    output = "" if loss.activation == "linear" else f", {loss.activation} output"
    return f"on {_TARGETS[loss.target_transform]}{output}"


def covers(run: Run) -> str:
    """What share of the test targets is not above what a loss predicts that asks for a quantile; empty for others."""
    covered, asked = run.values("coverage", "test"), run.loss.quantile
    if asked is None or not np.isfinite(covered).any():
        return ""
    return f"covers {percent(float(np.nanmean(covered)))} (asked for: {percent(asked)})"


def named(loss: Loss, *, full: bool = False) -> Markdown:
    """The name of a loss with its target transform and, in full, what it is."""
    what = f" = {text(in_full(loss))}" if full and in_full(loss) else ""
    framing = f"{',' * bool(what)} {text(variant(loss))}" if variant(loss) else ""
    return Markdown(f"{code(loss.name)}{what}{framing}")
