"""Personal data and instructions in free text: hidden, flagged, never followed (gates G3 and G4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.core.domain import Fact
from assistant.core.rules import Screening


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a pattern matched; never what it matched."""

    pattern: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Screened:
    """A text with its personal data hidden, and what was found (spans in the original text)."""

    text: str
    findings: tuple[Finding, ...]

    def found(self, kind: str) -> tuple[Finding, ...]:
        """The findings of one kind: `personal` or `instruction`."""
        return tuple(finding for finding in self.findings if finding.kind == kind)


def screen(text: str, screening: Screening) -> Screened:
    """Hide personal data in `text` and note what reads like an instruction to the assistant.

    Where two patterns overlap, the one that stands first in the catalogue hides the text.
    """
    findings: list[Finding] = []
    hidden: list[tuple[int, int, str]] = []
    for pattern in screening.patterns:
        for match in pattern.pattern.finditer(text):
            if pattern.kind == "instruction":
                findings.append(Finding(pattern.id, pattern.kind, match.start(), match.end()))
            elif not any(match.start() < end and start < match.end() for start, end, _ in hidden):
                hidden.append((match.start(), match.end(), pattern.replacement))
                findings.append(Finding(pattern.id, pattern.kind, match.start(), match.end()))
    for start, end, replacement in sorted(hidden, reverse=True):
        text = text[:start] + replacement + text[end:]
    return Screened(text, tuple(sorted(findings, key=lambda f: (f.start, f.end, f.pattern))))


def screen_texts(facts: Mapping[str, Fact], names: tuple[str, ...], screening: Screening) -> dict[str, Screened]:
    """The free-text facts among `names`, screened."""
    return {
        name: screen(str(facts[name].value), screening)
        for name in names
        if name in facts and isinstance(facts[name].value, str)
    }
