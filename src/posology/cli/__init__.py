"""The commands: thin, no statistics and no training."""

from posology.cli.command_line import app, main

__all__ = ["app", "main"]
