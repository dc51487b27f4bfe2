"""What is kept and what is trained of a pack comes back in the pack's order."""

import numpy as np

from posology.plan import PackResult
from posology.training import merged

from .packs import arrays, pack


def test_a_pack_that_was_trained_in_two_runs_has_its_own_order():
    whole, new, kept = (pack("p", trials) for trials in ([5, 1, 4, 2], [1, 2], [5, 4]))
    found = merged(whole, new, PackResult(**arrays(new)), PackResult(**arrays(kept)))
    for name, values in arrays(whole).items():
        np.testing.assert_array_equal(getattr(found, name), values)
