"""What to say of a loss: what to beware of, and how its outputs become predictions."""

from stages.losses.loss import Loss

# by the name of the loss; of one that is not here there is nothing to say
BEWARE = {
    "mae": "estimates the median, not the mean",
    "msle": "targets and predictions below 0 count as 0; activation: softplus keeps predictions above",
    "mape": "divides by the target: those near 0 outweigh all others; in percent, so its gradients are 100 times as "
    "steep as a share's and SGD is tuned at learning rates that are a hundredth",
    "huber": "delta is in units of the target as it is scaled",
    "poisson": "for counts and other targets that are never negative, as with target: ratio",
    "pinball": "asks for a quantile: 0.9 for what nine of ten targets are below",
    "quantiles": "written {loss: pinball, quantiles: [0.1, 0.5, 0.9]}; they never cross, and give intervals",
    "gaussian": "gives mean and spread; beta: 0.5 keeps rows that fit badly at first from being given up",
    "gamma": "for targets above 0; it looks at what share of the target is missed",
    "tweedie": "for amounts of which many are 0; a power near 1 is poisson, near 2 gamma",
    "hurdle": "for amounts of which many are 0: a probability and an amount, whose product is predicted",
    "expectile": "at 0.8 what is too low counts four times as much as what is too high",
    "linex": "exponential where it is too high, below a slope of 0 where it is too low; on the scaled target",
    "circular_mse": "for angles and hours: period: 24; it learns a point on the circle",
    "circular_distance": "for angles and hours: period: 24; 1 less the cosine of the error",
    "von_mises": "for angles and hours: period: 24; a likelihood",
    "cosine_similarity": "needs several target columns; it learns their direction, not their length",
    "hinge": "Keras' own accuracy misjudges it; ours is by the sign",
    "squared_hinge": "Keras' own accuracy misjudges it; ours is by the sign",
    "binary_focal_crossentropy": "alpha, the weight of class 1, acts only with apply_class_balancing: true",
    "dice": "one value for a whole batch, so it depends on the batch size",
    "tversky": "one value for a whole batch; in Keras 3.15 alpha weighs missed positives and beta false alarms, "
    "the reverse of what its documentation says",
    "brier": "Keras' mse on probabilities; where a network is sure and wrong its gradient is near 0",
    "categorical_brier": "Keras' mse on probabilities, which divides by the number of classes; where a network is sure "
    "and wrong its gradient is near 0",
    "share_crossentropy": "Keras' binary_crossentropy, for targets that are shares between 0 and 1",
    "rank_mse": "Keras' mse on the numbers of classes in an order, as if they were equally far apart",
    "cumulative_link": "CORAL: Keras' binary_crossentropy on whether a row is above each class but the last, of one "
    "weighted sum with a bias for each",
    "kl_divergence": "on one-hot targets the same objective as categorical_crossentropy",
    "categorical_focal_crossentropy": "alpha scales every class alike, as a learning rate does",
    "categorical_generalized_cross_entropy": "q near 0 is cross-entropy, near 1 the mean absolute error, which is slow "
    "to learn",
}


def decision_rule(loss: Loss) -> str:
    """In words: how an output becomes a prediction that can be scored."""
    if loss.needs_order:
        return {"rank": "nearest class", "levels": "most probable class"}[loss.targets]
    return {"regression": "value", "binary": f"output ≥ {loss.threshold}", "multiclass": "largest output"}[loss.task]
