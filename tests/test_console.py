"""What is the user's is shown in the terminal as it is written, and never obeyed."""

import io
from dataclasses import replace

import pytest
from rich.table import Table

from posology.console import WIDTH, Terminal
from posology.forecast import Forecast
from posology.terminal.forecast import print_forecast

HOSTILE = ["[red]name[/red]", "[/]", ":smile:", "[link=file:///etc/passwd]x[/link]", "\\[bold]", "[@click=quit]x[/]"]
ORDERS = ["\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\x9b31m", "\u202egnp", "a\rb", "\x7f\b"]


def printed(text, **more):
    out = io.StringIO()
    terminal = Terminal(width=300, file=out, **more)
    table = Table(box=None)
    table.add_column(text)
    table.add_row(text)
    terminal.print(text)
    terminal.print(text, style="bold")
    terminal.print(table)
    return out.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_markup(text):
    assert printed(text).count(text) == 4


@pytest.mark.parametrize("text", ORDERS)
def test_nothing_is_obeyed(text):
    shown = printed(text)
    assert not set("\x07\x08\x1b\x7f\x9b\r\u202e") & set(shown)
    assert shown.count(text.encode("unicode_escape").decode()) == 4


def test_plain_output_has_one_width_and_no_blanks_at_the_end_of_a_line():
    out = io.StringIO()
    terminal = Terminal(file=out)
    table = Table(box=None)
    for name in ("short", "long"):
        table.add_column(name)
    table.add_row("a", "word " * 60)
    terminal.print("word " * 60)
    terminal.print(table)
    terminal.print()
    terminal.print("as long as it is " * 20, soft_wrap=True)
    lines = out.getvalue().split("\n")
    assert all(line == line.rstrip() for line in lines)
    assert lines[-1] == ""
    assert lines[-3] == ""
    assert max(map(len, lines[:-2])) in range(WIDTH - 5, WIDTH + 1)
    assert len(lines[-2]) > 300


def test_who_wants_no_words_is_told_none():
    out = io.StringIO()
    Terminal(file=out, quiet=True).print("working")
    assert out.getvalue() == ""


def test_a_terminal_has_its_own_colours_and_only_those():
    shown = printed("\x1b[31mred", force_terminal=True)
    assert "\x1b[1m" in shown
    assert "\x1b[31m" not in shown
    assert "\\x1b[31mred" in shown


def test_an_error_names_a_column_without_obeying_it(capsys):
    from posology.cli.output import LONGEST, say

    say("There is no column '\x1b[2J" + "x" * 10_000)
    said = capsys.readouterr().err
    assert said.startswith("There is no column '\\x1b[2Jxxx")
    assert len(said) < LONGEST + 100


FORECAST = Forecast(8, 8, 10, 0, 2, ("none",), 60.0, 60.0, 400_000, 0, 2, 4, 1, 300, 107, 5, 12.0, None)


@pytest.mark.parametrize(("size", "told"), [(2.6e9, ", and 2.6 GB in '"), (4e8, "about 0.4 MB. Nothing")])
def test_a_forecast_tells_of_room_that_a_large_table_needs(capsys, size, told):
    print_forecast(replace(FORECAST, scratch_bytes=int(size)))
    assert told in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (None, "uncertain by a third) Disk:"),
        (0, "Budget: too little for one repeat, the least for a verdict: one takes about 12 s. Give more, or fewer"),
        (2, "Budget: holds about 2 of 5 repeats; one takes about 12 s. What stands beside the arms"),
        (5, "Budget: holds about all 5 repeats; one takes about 12 s."),
    ],
)
def test_a_forecast_says_how_far_the_budget_reaches(capsys, held, told):
    print_forecast(replace(FORECAST, repeats_in_budget=held))
    assert told in " ".join(capsys.readouterr().out.split())
