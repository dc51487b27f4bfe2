"""What a study would cost, in the terminal."""

from tempfile import gettempdir

from posology.console import Terminal
from posology.durations import in_words as duration
from posology.forecast import Forecast
from posology.wording import counted

LARGE = 5e8
"""Bytes from which the room that a study takes for a while is told of."""


def print_forecast(forecast: Forecast) -> None:
    """Print what a study would cost."""
    console = Terminal()
    console.print(f"Arms: {', '.join(forecast.arms)}")
    early = forecast.least_networks < forecast.networks
    beside = f", {forecast.lever_networks:,} beside the arms" if forecast.lever_networks else ""
    console.print(
        f"Networks: {f'{forecast.least_networks:,} to ' if early else ''}{forecast.networks:,} in "
        f"{'at most ' if early else ''}{forecast.resamples} resamples, "
        f"and up to {forecast.prescription_networks:,} more for the prescription{beside}",
    )
    console.print(
        f"Network: {forecast.parameters:,} weights, {counted(forecast.columns, 'prepared column')}, "
        f"{counted(forecast.sites, 'site')} that the arms tune; "
        f"{counted(forecast.programs, 'program')} to compile",
    )
    least = f"{duration(forecast.least_seconds)} (if two repeats decide) to " if early else ""
    console.print(
        f"Time: about {least}{duration(forecast.seconds)} with {counted(forecast.workers, 'worker')} "
        "(measured on a few networks just now; early stopping makes it uncertain by a third)",
    )
    if words := _budget(forecast):
        console.print(words)
    large = forecast.scratch_bytes > LARGE
    scratch = f", and {forecast.scratch_bytes / 1e9:.1f} GB in '{gettempdir()}' while it runs" if large else ""
    console.print(f"Disk: about {forecast.bytes / 1e6:.1f} MB{scratch}. Nothing was written.")


def _budget(forecast: Forecast) -> str:
    """Say how far the budget reaches; nothing where there is none."""
    held = forecast.repeats_in_budget
    if held is None:
        return ""
    one = f"one takes about {duration(forecast.repeat_seconds)}"
    if held == 0:
        return (
            f"Budget: too little for one repeat, the least for a verdict: {one}. Give more, or fewer --trials or "
            "--epochs"
        )
    many = f"all {counted(held, 'repeat')}" if held == forecast.repeats else f"{held} of {forecast.repeats} repeats"
    return f"Budget: holds about {many}; {one}. What stands beside the arms and the prescription are trained after it"
