"""The user's table: read, checked, brought into one plain form, prepared for a network."""

from posology.table.arrays import table_from_arrays
from posology.table.checks import check_rows
from posology.table.new_rows import features_of
from posology.table.preparation import Preparation, pad, prepared_width
from posology.table.reading import read_frame
from posology.table.table import Table, make_table

__all__ = [
    "Preparation",
    "Table",
    "check_rows",
    "features_of",
    "make_table",
    "pad",
    "prepared_width",
    "read_frame",
    "table_from_arrays",
]
