"""Personal data and instructions in free text: hidden, flagged, never followed (gates G3 and G4)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assistant.core.domain import Fact
from assistant.core.rules import Screening, ScreeningPattern


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a pattern matched; never what it matched."""

    pattern: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Screened:
    """A text with its personal data hidden, and what was found (spans in the original text).

    `own_words` is the same text without the sentences that address the assistant or ask it for a result: all that
    the assistant reads of it.
    """

    text: str
    own_words: str
    findings: tuple[Finding, ...]

    def found(self, kind: str) -> tuple[Finding, ...]:
        """The findings of one kind: `personal` or `instruction`."""
        return tuple(finding for finding in self.findings if finding.kind == kind)


Hidden = tuple[int, int, str]
"""From, to, and what stands there instead."""


def screen(text: str, screening: Screening) -> Screened:
    """Hide personal data in `text` and note what reads like an instruction to the assistant.

    Where two patterns overlap, both spans are hidden under the one that stands first in the catalogue. A name that
    a pattern catches is hidden wherever else it stands.
    """
    findings: list[Finding] = []
    hidden: list[Hidden] = []
    names: dict[str, ScreeningPattern] = {}
    for pattern in screening.patterns:
        for match in pattern.pattern.finditer(text):
            found = Finding(pattern.id, pattern.kind, match.start(), match.end())
            if pattern.kind == "instruction":
                findings.append(found)
                continue
            findings.extend(_hide(found, pattern, hidden))
            for part in _NAME_PART.findall(match.groupdict().get("name") or ""):
                names.setdefault(part, pattern)
    for match in _any_of(names).finditer(text) if names else ():
        pattern = names[match.group()]
        findings.extend(_hide(Finding(pattern.id, pattern.kind, match.start(), match.end()), pattern, hidden))
    return Screened(
        text=_replaced(text, hidden),
        own_words=_replaced(_without_sentences(text, [f for f in findings if f.kind == "instruction"]), hidden),
        findings=tuple(sorted(findings, key=lambda f: (f.start, f.end, f.pattern))),
    )


_NAME_PART = re.compile(r"\w{2,}")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n")


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?!\w)")


def _hide(found: Finding, pattern: ScreeningPattern, hidden: list[Hidden]) -> Iterator[Finding]:
    """Add the finding's span to `hidden` (in order, never overlapping); yields it unless it was hidden already."""
    first = bisect_right(hidden, found.start, key=lambda span: span[1])
    after = bisect_left(hidden, found.end, key=lambda span: span[0])
    start, end, replacement = found.start, found.end, pattern.replacement
    if first < after:
        if hidden[first][0] <= start and end <= hidden[first][1]:
            return
        start, end = min(start, hidden[first][0]), max(end, hidden[after - 1][1])
        replacement = hidden[first][2]
    hidden[first:after] = [(start, end, replacement)]
    yield found


def _replaced(text: str, hidden: Iterable[Hidden]) -> str:
    pieces, at = [], 0
    for start, end, replacement in hidden:
        pieces += [text[at:start], replacement]
        at = end
    return "".join([*pieces, text[at:]])


def _without_sentences(text: str, findings: Iterable[Finding]) -> str:
    """The text with every sentence that a finding touches blanked out, so that spans still fit."""
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    letters = list(text)
    for finding in findings:
        start, stop = ends[bisect_right(ends, finding.start) - 1], ends[bisect_left(ends, finding.end)]
        letters[start:stop] = " " * (stop - start)
    return "".join(letters)


def screen_texts(facts: Mapping[str, Fact], names: tuple[str, ...], screening: Screening) -> dict[str, Screened]:
    """The free-text facts among `names`, screened."""
    return {
        name: screen(str(facts[name].value), screening)
        for name in names
        if name in facts and isinstance(facts[name].value, str)
    }
