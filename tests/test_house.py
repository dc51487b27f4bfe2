"""The list of rooms in CONTRIBUTING.md is the house: every module is in it, and imports go down it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "posology"
FILES = sorted(SOURCE.rglob("*.py"))

ERRANDS = {("execution/worker.py", "handback")}
"""What a worker does for a room above its own: it alone may load Keras."""


def rooms():
    """Give the place of each room in the list, 0 at its top."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = text.split("| room | what it does |")[1].split("\n\n")[0].splitlines()[2:]
    names = [re.findall(r"`([\w/.]+)`", line.split(" | ")[0]) for line in lines]
    return {name.rstrip("/").removesuffix(".py"): place for place, row in enumerate(names) for name in row}


def room_of(file):
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(file):
    """Give the rooms that a file imports, in functions too, but for types alone."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and id(node) not in for_types]
    return {node.module.split(".")[1] for node in nodes if (node.module or "").startswith("posology.")}


def test_every_module_is_in_the_list_and_nothing_else():
    assert set(rooms()) == {room_of(file) for file in FILES} - {"__init__"}


def test_imports_go_down_the_list():
    places, up = rooms(), {}
    for file in FILES:
        own, name = room_of(file), file.relative_to(SOURCE).as_posix()
        above = {room for room in imports_of(file) if places[room] < places.get(own, 0)}
        if above := {room for room in above if (name, room) not in ERRANDS}:
            up[name] = above
    assert not up, "these import from above their own room"
