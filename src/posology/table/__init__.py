"""The user's table: read, checked, brought into one plain form, prepared for a network."""

from posology.table.arrays import columns_by_input, table_from_arrays
from posology.table.checks import check_rows
from posology.table.class_file import Classes
from posology.table.classes import check_classes, check_classes_in_folds
from posology.table.groups import Groups, check_groups
from posology.table.layout import Layout, Slot, assign, one_input, prepared_as_given, rows_as_given, slot_of
from posology.table.making import make_table
from posology.table.new_rows import features_of, sources_of
from posology.table.preparation import Preparation
from posology.table.reading import read_frame
from posology.table.table import Table
from posology.table.weights import Weights

__all__ = [
    "Classes",
    "Groups",
    "Layout",
    "Preparation",
    "Slot",
    "Table",
    "Weights",
    "assign",
    "check_classes",
    "check_classes_in_folds",
    "check_groups",
    "check_rows",
    "columns_by_input",
    "features_of",
    "make_table",
    "one_input",
    "prepared_as_given",
    "read_frame",
    "rows_as_given",
    "slot_of",
    "sources_of",
    "table_from_arrays",
]
