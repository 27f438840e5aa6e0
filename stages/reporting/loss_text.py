"""What a loss is, in words that stand beside its name."""

from stages.losses import catalogue
from stages.losses.catalogue import LOSSES
from stages.losses.framing import Framing
from stages.losses.loss import Loss

_TARGETS: dict[Framing, str] = {
    "standard": "target scaled (standard)",
    "minmax": "target scaled (minmax)",
    "robust": "target scaled (robust)",
    "none": "target as it is",
    "ratio": "target ÷ its mean",
    "log": "log(1 + target)",
}


def in_full(loss: Loss) -> str:
    """What a loss is, where its name alone does not say it: its function and the parameters that are not usual."""
    usual = LOSSES.get(catalogue.canonical_name(loss.function) or "")
    if usual is None:
        return loss.function
    unusual = [
        f"{key} {catalogue.shown(value)}" for key, value in loss.parameters.items() if value != usual.parameters[key]
    ]
    named = usual.name if loss.name != usual.name else ""
    return " ".join(part for part in (named, ", ".join(unusual)) if part)


def framing(loss: Loss) -> str:
    """What a loss with a framing of its own is trained on, and its output; empty for others."""
    if loss.framing is None:
        return ""
    output = "" if loss.activation == "linear" else f", {loss.activation} output"
    return f"on {_TARGETS[loss.framing]}{output}"


def named(loss: Loss, *, full: bool = False) -> str:
    """The name of a loss with its framing and, in full, what it is."""
    what = f" = {in_full(loss)}" if full and in_full(loss) else ""
    framed = f"{',' * bool(what)} {framing(loss)}" if loss.framing else ""
    return f"`{loss.name}`{what}{framed}"
