"""Names in one text, written and read: any column that a spreadsheet can have."""

from hypothesis import given
from hypothesis import strategies as st

from posology.wording import listed, separated

BREAKS_AND_QUOTES = st.text(st.sampled_from("ab,\"\n\r '\\;"), min_size=1, max_size=6)
NAMES = st.lists(
    BREAKS_AND_QUOTES | st.text(st.characters(exclude_categories=["Cs", "Co", "Cc"]), min_size=1), max_size=5
)


@given(NAMES)
def test_names_are_read_as_they_were_written(names):
    kept = [name.strip() for name in names if name.strip()]
    assert separated(listed(kept)) == kept
