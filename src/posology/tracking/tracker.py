"""What every tracker does at the end of a study: a run for each arm, then what was found, by its own library."""

from typing import TYPE_CHECKING, Any

from posology.callbacks import Callback
from posology.tracking.account import Account, ArmAccount, Numbers, account_of

if TYPE_CHECKING:
    from posology.result import StudyResult


class Tracker(Callback):
    """Walk a finished study; a subclass begins runs, writes to them and ends them.

    `_run`, which a subclass sets when the study begins, is the study's own.
    """

    aside = True
    _run: Any

    def on_end(self, result: "StudyResult") -> None:
        """Write what was found, and a run for each arm."""
        account = account_of(result)
        for arm in account.arms:
            run = self._run_of(arm)
            for step, numbers in enumerate(arm.resamples):
                self._write(run, {f"by resample/{name}": value for name, value in numbers.items()}, step)
            self._sum_up(run, arm.numbers)
            self._finish(run)
        self._sum_up(self._run, account.numbers)
        self._tell(account)
        self._finish(self._run)

    def _run_of(self, arm: ArmAccount) -> Any:
        """Begin the run of an arm, with its strengths."""
        raise NotImplementedError

    def _write(self, run: Any, numbers: Numbers, step: int) -> None:
        """Write numbers of one resample."""
        raise NotImplementedError

    def _sum_up(self, run: Any, numbers: Numbers) -> None:
        """Write numbers of a whole run."""
        self._write(run, numbers, 0)

    def _tell(self, account: Account) -> None:
        """Write the verdict, and keep the study's files."""
        raise NotImplementedError

    def _finish(self, run: Any) -> None:
        """End a run."""
        raise NotImplementedError
