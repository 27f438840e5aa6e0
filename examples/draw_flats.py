"""Draw the sample table: flats that nobody rents, made of random numbers.

python examples/draw_flats.py [FOLDER]     writes flats.csv and new-flats.csv

The rent follows from area, rooms, year, district and renovation; a twentieth of the rents is far too high or too low,
as where someone wrote down a wrong number.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

N_ROWS, N_NEW = 400, 5
DISTRICTS = {"harbour": 2.0, "hill": 4.5, "market": 3.0, "mill": 0.5, "station": -1.0}


def draw(seed: int = 16) -> pd.DataFrame:
    """The flats, those that are new last; of a new one nobody knows the rent."""
    rng, n = np.random.default_rng(seed), N_ROWS + N_NEW
    area = np.clip(rng.gamma(9, 7.5, n), 18, 190).round()
    rooms = np.clip((area / 27 + rng.normal(0, 0.6, n)).round(), 1, 6)
    built = rng.integers(1900, 2024, n)
    district = rng.choice(list(DISTRICTS), n, p=[0.2, 0.15, 0.25, 0.25, 0.15])
    is_renovated = rng.random(n) < 0.35
    of_metre = (
        11 + np.array([DISTRICTS[each] for each in district]) + 2.5 * is_renovated + 0.045 * (built - 1960).clip(0)
    )
    rent = area * of_metre + 60 * np.sqrt(rooms) + 120 + rng.normal(0, 45, n)
    is_wrong = rng.random(n) < 0.05
    rent = np.where(is_wrong, rent * rng.choice([0.4, 2.2], n), rent)
    return pd.DataFrame(
        {
            "area": area.astype(int),
            "rooms": rooms.astype(int),
            "built": built,
            "district": district,
            "renovated": np.where(is_renovated, "yes", "no"),
            "rent": rent.round().astype(int),
        }
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent
    flats = draw()
    flats[:N_ROWS].to_csv(folder / "flats.csv", index=False)
    flats[N_ROWS:].drop(columns="rent").to_csv(folder / "new-flats.csv", index=False)
