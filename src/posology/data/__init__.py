"""Tables that come with posology, for examples and a first try; README.md here has sources and licences."""

from importlib import resources
from pathlib import Path

import pandas as pd

from posology.table import read_frame


def concrete_path() -> Path:
    """Path of `concrete.csv`, a table as a user would have it.

    Examples
    --------
    >>> concrete_path().name
    'concrete.csv'
    """
    return Path(str(resources.files("posology.data") / "concrete.csv"))


def concrete() -> pd.DataFrame:
    """Compressive strength of concrete, 1,030 rows: eight features and the target `strength_mpa`.

    Returns
    -------
    pd.DataFrame
        `cement`, `slag`, `fly_ash`, `water`, `superplasticizer`, `coarse_aggregate` and `fine_aggregate` in
        kg per m3 of mixture, `age_days` in days, `strength_mpa` in MPa. 25 rows repeat an earlier one.

    Examples
    --------
    >>> concrete().shape
    (1030, 9)
    """
    return read_frame(concrete_path())


__all__ = ["concrete", "concrete_path"]
