"""Who is told what happens while a study runs."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Told what happens while a study runs; the command's progress bar is one."""

    def stage(self, text: str) -> None:
        """Begin something, in the user's words."""

    def say(self, text: str) -> None:
        """Tell what is worth keeping on the screen."""

    def total(self, networks: int) -> None:
        """Give the largest number of networks that the study may come to: it stops when it is decided."""

    def trained(self, networks: int, text: str, *, kept: bool) -> None:
        """Count trained networks; `kept` ones come from an earlier run of the same study."""

    def epochs(self, count: int) -> None:
        """Count epochs as they are trained, several times a second; called from any thread."""


class Silent:
    """Progress that says nothing."""

    def stage(self, text: str) -> None:
        """Say nothing."""

    def say(self, text: str) -> None:
        """Say nothing."""

    def total(self, networks: int) -> None:
        """Say nothing."""

    def trained(self, networks: int, text: str, *, kept: bool) -> None:
        """Say nothing."""

    def epochs(self, count: int) -> None:
        """Say nothing."""
