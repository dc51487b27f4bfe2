"""The command that lets a shell complete the others."""

import sys
from typing import Literal


def completion(shell: Literal["bash", "zsh", "fish"]) -> None:
    """Print a script that completes commands and options in a shell.

    Example: posology completion bash > ~/.local/share/bash-completion/completions/posology

    Example: posology completion zsh > ~/.zfunc/_posology    (a folder of fpath)

    Example: posology completion fish > ~/.config/fish/completions/posology.fish

    Parameters
    ----------
    shell
        bash, zsh or fish.
    """
    from posology.cli.command_line import app

    sys.stdout.write(app.generate_completion(prog_name="posology", shell=shell).rstrip() + "\n")
