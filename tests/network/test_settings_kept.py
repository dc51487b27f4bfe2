"""What a user's file sets for the whole process is set back; test_source.py has a file that does it."""

import subprocess
import sys

_FLAGS = """
import os, jax
from posology.network.settings_kept import settings_kept
with settings_kept():
    os.environ["XLA_FLAGS"] = "--xla_no_such_flag"
print(float(jax.jit(lambda x: x + 1)(1.0)))
"""


def test_flags_that_a_file_gives_xla_come_too_late():
    # XLA ends the process at a flag that it does not know, when it reads them
    done = subprocess.run([sys.executable, "-c", _FLAGS], capture_output=True, text=True, check=False)
    assert done.stdout == "2.0\n", done.stderr
