"""What of the target a loss asks a network for: losses that ask for different things cannot be ranked by one score."""

from stages.losses.loss import Loss

_OF = {
    "MeanSquaredError": "the mean",
    "MeanAbsoluteError": "the median",
    "Poisson": "the mean",
    "Huber": "a value between mean and median",
    "LogCosh": "a value between mean and median",
    "MeanSquaredLogarithmicError": "the mean of logarithms",
    "MeanAbsolutePercentageError": "a value below the median",
    "CosineSimilarity": "a direction",
}
_OF_SCORE = {
    "rmse": "the mean",
    "mse": "the mean",
    "r2": "the mean",
    "mae": "the median",
    "rmsle": "the mean of logarithms",
    "mape": "a value below the median",
    "cosine_similarity": "a direction",
}


def for_what(loss: Loss) -> str | None:
    """What a loss of values asks for; None for classes, and for a user's own loss, of which it is not known."""
    if loss.function == "Pinball":
        return _quantile(loss.parameters["quantile"])
    asked = _OF.get(loss.function)
    # quantiles of a logarithm are logarithms of quantiles; means are not
    return "the mean of logarithms" if loss.framing == "log" and asked == "the mean" else asked


def rewarded_by(score: str) -> str | None:
    """What a score of values is best for; None where it is not known."""
    return _quantile(float(score.removeprefix("pinball_"))) if score.startswith("pinball_") else _OF_SCORE.get(score)


def quantile(loss: Loss) -> float | None:
    """The quantile that a pinball loss asks for."""
    return loss.parameters["quantile"] if loss.function == "Pinball" else None


def _quantile(share: float) -> str:
    return "the median" if share == 0.5 else f"the {100 * share:g} % quantile"
