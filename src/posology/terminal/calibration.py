"""A calibration in the terminal: each target with its rate, and whether the studies show that it is kept."""

import sys
import time

from rich.table import Table

from posology.calibration.generators import suite
from posology.calibration.simulation import Calibration
from posology.console import Terminal, plain_table
from posology.durations import about
from posology.streams import tell
from posology.wording import counted

MEANING = {
    "T1": "says combine where it should not",
    "T2": "says something false",
    "T3": "covers the true differences",
    "T4": "errs in one direction, pair by pair",
    "T5": "finds a planted gain",
    "T6": "finds that nothing is gained",
    "T7": "keeps the winner's optimism",
    "T8": "knows how sure it is",
    "T10": "is the same again",
}


def print_calibration(found: Calibration) -> None:
    """Print on standard output; plain where that is not a terminal."""
    console = Terminal()
    console.print(_targets(found))
    console.print()
    console.print("At equal compute, how often each variance decides, says combine, and is wrong:", style="bold")
    console.print(_power(found))
    console.print()
    kept, open_ones = (sum(t.inside == word for t in found.targets) for word in ("yes", "open"))
    console.print(
        f"{counted(len(found.targets), 'rate')}: {kept} kept, {open_ones} open (more --studies would tell), "
        f"{len(found.missed)} missed. Intervals are 95% Wilson intervals; kept means that all of it keeps the promise.",
    )
    if key := _key(found):
        console.print(key)
    for target in found.missed:
        console.print(f"Missed: {target.name} on {target.generator}, {target.what}.", style="bold")


def _key(found: Calibration) -> str:
    """Say what the generators are; the targets have their meaning beside them."""
    known = suite()
    named = dict.fromkeys(t.generator for t in found.targets if t.generator in known)
    return f"Generators: {'; '.join(f'{name}, {known[name].what}' for name in named)}." if named else ""


def _targets(found: Calibration) -> Table:
    table = plain_table()
    for name in ("target", "the verdict ...", "generator", "rate of", "rate", "95%", "wanted", "kept", "studies"):
        table.add_column(name, justify="right" if name in ("rate", "studies") else "left")
    for t in found.targets:
        wanted, interval = f"{'<=' if t.most else '>='} {t.bound:g}", f"{t.lower:.3f}-{t.upper:.3f}"
        numbers = (f"{t.rate:.3f}", interval, wanted, t.inside, f"{t.studies:,}")
        table.add_row(t.name, MEANING[t.name], t.generator, t.what, *numbers)
    return table


def _power(found: Calibration) -> Table:
    table = plain_table()
    for name in ("generator", "variance", "decides", "combines", "falsely"):
        table.add_column(name, justify="left" if name in ("generator", "variance") else "right")
    for p in found.power:
        table.add_row(p.generator, p.method, *(f"{rate:.3f}" for rate in (p.decides, p.combines, p.false)))
    return table


class Counter:
    """Counts studies on standard error: one line that moves in a terminal, a line for every tenth elsewhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._generator, self._began = "", time.monotonic()

    def __call__(self, generator: str, done: int, studies: int) -> None:
        """Tell how far a generator is."""
        if self._quiet:
            return
        if generator != self._generator:  # told after its first study
            self._generator, self._began = generator, time.monotonic()
        text = f"{generator}: {done:,} of {studies:,} studies{self._left(done, studies)}"
        if self._live:
            tell(f"\r\033[K{text}", end="\n" if done == studies else "")
        elif done * 10 // studies > (done - 1) * 10 // studies:
            tell(text)

    def _left(self, done: int, studies: int) -> str:
        """Say how long the generator's other studies take; each of them has another price."""
        if not 1 < done < studies:
            return ""
        return f", {about((time.monotonic() - self._began) / (done - 1) * (studies - done))} left of it"
