"""A coded check: what it wants, what it came to in a study, what that means and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata

from posology.report.findings import Findings


class Status(StrEnum):
    """What a check came to, the most pressing first."""

    ISSUE = "issue"
    TIP = "tip"
    PASSED = "passed"
    NOT_APPLICABLE = "not applicable"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Check:
    """A check and what it came to.

    Parameters
    ----------
    code : str
        POS001 and on; it never changes its meaning.
    title : str
        What is checked, as what one would wish; where that is not so, what is so instead.
    status : Status
    found : str
        In this study.
    meaning, remedy : str
    """

    code: str
    title: str
    status: Status
    found: str
    meaning: str
    remedy: str

    @property
    def presses(self) -> bool:
        """Tell whether there is something to do."""
        return self.status in (Status.ISSUE, Status.TIP)

    @property
    def link(self) -> str:
        """Where the documentation tells more."""
        return f"{_documentation()}docs/report.md#{self.code.lower()}"


Outcome = tuple[Status, str]


@dataclass(frozen=True)
class Rule:
    """How a check is made.

    Parameters
    ----------
    code, title : str
    failed : str
        The title where it is not as one would wish.
    meaning : str
    remedy : str or callable
    find : callable
        Looks at a study.
    """

    code: str
    title: str
    failed: str
    meaning: str
    remedy: str | Callable[[Findings], str]
    find: Callable[[Findings], Outcome]

    def check(self, findings: Findings) -> Check:
        """Make it."""
        status, found = self.find(findings)
        title = self.failed if status in (Status.ISSUE, Status.TIP) else self.title
        return Check(self.code, title, status, found, self.meaning, self.remedy_in(findings))

    def remedy_in(self, findings: Findings) -> str:
        """Say what to do in this study."""
        return self.remedy if isinstance(self.remedy, str) else self.remedy(findings)

    def ignored(self, findings: Findings) -> Check:
        """List it without making it."""
        return Check(self.code, self.title, Status.IGNORED, "", self.meaning, self.remedy_in(findings))


def _documentation() -> str:
    """Give the address of the documentation, where the package names one."""
    urls = dict(url.split(", ", 1) for url in metadata.metadata("posology").get_all("Project-URL", []))
    return urls["Documentation"].rstrip("/") + "/" if "Documentation" in urls else ""
