"""What the networks of each arm withstand: score under noise, missing cells, missing units."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from posology.report.display import Display, Panel, y_label
from posology.report.style import FONT, color, inside, plain_axes, series, spread

if TYPE_CHECKING:
    import pandas as pd

MOST_ARMS = 5
WORDS = {
    "noise": ("Noise on the inputs", "standard deviation, of the column's"),
    "missing": ("Missing cells", "share set to the column's mean"),
    "units": ("Missing hidden units", "share set to zero"),
}


class Robustness(Display):
    """What the networks withstand.

    Score on held-out rows under rising damage; at zero the clean rows. Networks of a resample meet the same damage. A
    flat line is a robust arm. Standard errors, in the table, are over fits: they say how much fits differ, and are no
    test.
    """

    name = "robustness"
    title = "What the networks withstand"

    def _found(self, kind: str) -> dict[str, list[dict[str, Any]]]:
        behaviour = self.findings.verdict["behaviour"]
        every = behaviour["robustness"] if behaviour else []
        arms = self.findings.leading(MOST_ARMS)
        named = {arm: [w for w in every if (w["arm"], w["kind"]) == (arm, kind)] for arm in arms}
        return {arm: own for arm, own in named.items() if own and all(w["score"] is not None for w in own)}

    def panels(self) -> Sequence[Panel]:
        """See `Display`."""
        out = []
        for kind, (heading, _) in WORDS.items():
            if found := self._found(kind):
                margins = (68.0, 20 + 6.4 * max(map(len, found)), 10.0, 42.0)
                out.append(Panel(kind, heading, self._conclusion(kind), (328, 230), margins))
        return out

    def _conclusion(self, kind: str) -> str:
        drops = {arm: own[-1]["drop"] for arm, own in self._found(kind).items()}
        least, most = min(drops, key=lambda a: drops[a]), max(drops, key=lambda a: drops[a])
        level = self._found(kind)[least][-1]["level"]
        ends = f"{least} drops least, by {drops[least]:.3f}; {most} most, by {drops[most]:.3f}"
        return f"{WORDS[kind][0]} at {level:g}: {ends}."

    def absent(self) -> str:
        """See `Display`."""
        return "Nothing was measured under damage: every network diverged."

    def caption(self) -> str:
        """See `Display`."""
        hidden = len(self.findings.arms) - len(self.findings.leading(MOST_ARMS))
        more = f" {hidden} more arms are in the table." if hidden > 0 else ""
        return f"{self.findings.gap_unit} of one network on held-out rows, under the same damage for every arm.{more}"

    def frame(self) -> "pd.DataFrame":
        """See `Display`."""
        import pandas as pd

        behaviour = self.findings.verdict["behaviour"]
        columns = ["arm", "kind", "level", "score", "drop", "drop_se", "over_none", "over_none_se"]
        frame = pd.DataFrame(behaviour["robustness"] if behaviour else [], columns=columns)
        return frame.set_index(["arm", "kind", "level"])

    def draw(self, ax: Any, panel: Panel) -> None:
        """See `Display`."""
        found = self._found(panel.key)
        plain_axes(ax)
        arms = list(found)
        for arm, own in found.items():
            ink, marker = series(arms, arm)
            scores = [own[0]["score"] + own[0]["drop"], *(w["score"] for w in own)]
            ax.plot([0, *(w["level"] for w in own)], scores, color=ink, marker=marker, ms=5, lw=1.6, mfc=color("paper"))
        low, high = ax.get_ylim()
        gap = 0.09 * (high - low)
        places = inside(spread([own[-1]["score"] for own in found.values()], gap), low, high)
        last = found[arms[0]][-1]["level"]
        for arm, y in zip(arms, places, strict=True):
            ink, _ = series(arms, arm)
            ax.annotate(arm, (last, y), (8, 0), textcoords="offset points", color=ink, va="center", fontsize=FONT - 1,
                        annotation_clip=False)  # fmt: skip
        ax.set_ylim(low, high)
        ax.set_xlim(-0.02 * last, last)
        ax.locator_params(nbins=5)
        ax.set_xlabel(WORDS[panel.key][1], color=color("ink"), fontsize=FONT)
        y_label(ax, panel, self.findings.gap_unit)
