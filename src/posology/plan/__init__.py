"""Arms, trials and seeds to members: pure data, nothing is trained here."""

from posology.plan.arms import (
    CABINET,
    COCKTAIL,
    ONE,
    PLAIN_QUESTION,
    Arm,
    arm_name,
    parse_arms,
    parse_family,
    regularizers_of,
)
from posology.plan.callbacks import Callbacks
from posology.plan.fit_arguments import FitArguments, read_fit_arguments
from posology.plan.members import (
    ALL_ROWS,
    REFIT,
    Design,
    Member,
    Pack,
    PackResult,
    Refitted,
    Tuned,
)
from posology.plan.packs import programs, refit_members
from posology.plan.procedure import tune, tune_and_refit
from posology.plan.trials import Setting, Space, default_ranges

__all__ = [
    "ALL_ROWS",
    "CABINET",
    "COCKTAIL",
    "ONE",
    "PLAIN_QUESTION",
    "REFIT",
    "Arm",
    "Callbacks",
    "Design",
    "FitArguments",
    "Member",
    "Pack",
    "PackResult",
    "Refitted",
    "Setting",
    "Space",
    "Tuned",
    "arm_name",
    "default_ranges",
    "parse_arms",
    "parse_family",
    "programs",
    "read_fit_arguments",
    "refit_members",
    "regularizers_of",
    "tune",
    "tune_and_refit",
]
