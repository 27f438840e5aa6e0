"""How many degrees of freedom a variance has: fewer where a few of the sums that it comes from hold most of it."""

import numpy as np

FREEDOM_OF_ONE = 2  # degrees of freedom of the variance that a single row of many gives: see `of_sums`
NEAR = 1e-12  # so near to all alike is alike


def evenness(sums: np.ndarray) -> np.ndarray:
    """Of n sums (…, n) with a mean of 0 the number k that would, if all were alike but for their sign, vary as they do.

    It is (Σg²)² / Σg⁴: k where k of the sums differ alike and the others do not, n / 3 where they are normal; 0 where
    none differs.
    """
    largest = np.abs(sums).max(axis=-1, keepdims=True)
    squares = (sums / np.where(largest > 0, largest, 1)) ** 2
    return squares.sum(axis=-1) ** 2 / np.maximum((squares**2).sum(axis=-1), np.finfo(np.float64).tiny)


def of_sums(sums: np.ndarray) -> np.ndarray:
    """Degrees of freedom of the variance that n centred sums (…, n) give.

    A variance s² of n sums varies by (μ₄ − σ⁴) / n, as that of normal sums with 2 σ⁴ n / (μ₄ − σ⁴) degrees of
    freedom: 2 (Σg²)² / (Σg⁴ − (Σg²)² / n), which for k = (Σg²)² / Σg⁴ is 2 k / (1 − k / n).
    """
    n, even = sums.shape[-1], evenness(sums)
    uneven = np.maximum(1 - even / n, NEAR)
    return np.where((even > 0) & (uneven > NEAR), np.clip(2 * even / uneven, 1.0, n - 1.0), n - 1.0)


def satterthwaite(variance: np.ndarray, parts: list[tuple[np.ndarray, np.ndarray | float]]) -> np.ndarray:
    """Degrees of freedom of a variance (n,) made of parts, each with its own: those of Satterthwaite (1946).

    Args:
        variance: what the parts come to.
        parts: each part (n,), and its degrees of freedom.
    """
    spread = sum(part**2 / df for part, df in parts)
    return np.maximum(np.divide(variance**2, spread, out=np.full_like(variance, np.inf), where=spread > 0), 1.0)
