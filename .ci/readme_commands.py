"""Print the README's two commands, one a line: the shell lines of its first screen that install posology."""

from pathlib import Path

readme = Path(__file__).parents[1] / "README.md"
for line in readme.read_text().splitlines():
    if line.startswith("pip install ") and "&&" in line:
        print(line)
