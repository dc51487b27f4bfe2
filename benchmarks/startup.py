"""How long a user waits before anything happens: `posology --help` and `import posology`, each in a process of its own.

    python benchmarks/startup.py [TIMES]

The least of several runs, which other work on the machine disturbs least, beside an empty Python; and what is imported
that should not be.
"""

import subprocess
import sys
import time

TIMES = 15
CASES = {
    "python -c pass": (["-c", "pass"], None),
    "import posology": (["-c", "import posology"], 0.3),
    "from posology import Study": (["-c", "from posology import Study"], None),
    "posology --help": (["-m", "posology", "--help"], 0.5),
    "posology study --help": (["-m", "posology", "study", "--help"], 0.5),
}
HEAVY = ("keras", "jax", "matplotlib", "pandas", "sklearn", "scipy", "pyarrow", "tensorflow", "torch")
LOADED = (
    "import sys, posology.cli; import contextlib, io\n"
    "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): posology.cli.main(['--help'])\n"
    f"print(*(name for name in {HEAVY} if name in sys.modules))"
)


def seconds(arguments: list[str], times: int) -> float:
    """Give the least wall time of a process."""
    return min(_once(arguments) for _ in range(times))


def _once(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    missed = False
    for name, (arguments, most) in CASES.items():
        took = seconds(arguments, times)
        missed |= most is not None and took > most
        print(f"{name:28} {took:.3f} s{f'  (wanted: below {most} s)' if most else ''}")
    loaded = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout.strip()
    print(f"of {', '.join(HEAVY)}, `posology --help` loads: {loaded or 'none'}")
    sys.exit(1 if missed or loaded else 0)


if __name__ == "__main__":
    main()
