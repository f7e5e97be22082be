"""Find the law references of a text and write each in one way: `SEL § 86, stk. 1`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

_NUMBER = r"\d+(?:\s?[a-zæø](?![a-zæøå0-9]))?"
# A single letter i after a space is the preposition ("§ 140 i sundhedsloven") unless nothing follows it.
_SAFE_NUMBER = rf"(?!\d+\si\s\w)(?:{_NUMBER})|\d+"
_NUMBERS = rf"(?:{_SAFE_NUMBER})(?:\s?(?:-|–|og|,|eller|samt|til)\s?(?:{_SAFE_NUMBER}))*"
_SIGN = r"(?:§§?|paragraf(?:ferne)?|artikel|art\.?|kapitel|kap\.?|bilag)"
_STK = r"(?:\s?,?\s?(?:stk\.?|stykke)\s?(?P<{0}>\d+))?(?:\s?,?\s?(?:nr\.?|nummer)\s?(?P<{1}>\d+))?"
_KINDS = (("§", "§"), ("par", "§"), ("art", "art."), ("kap", "kap."), ("bilag", "bilag"))
_NUMBERED_ACT = re.compile(
    r"\blov\s+(?:nr\.?\s*)?(\d{1,4})\s*(?:/\s*(\d{4})|af\s+\d{1,2}\.?\s*(?:\w+|\d{1,2}\.)\s*(\d{4}))", re.I
)
_NUMBERED_ORDER = re.compile(r"\b(?:bek(?:endtgørelse)?\.?)\s*(?:nr\.?\s*)?(\d{1,4})\b", re.I)


@dataclass(frozen=True, slots=True)
class LawRef:
    """One reference: a law's short name and what it points to in that law.

    `first` and `last` are section, article or chapter numbers ("140 a"); `last` is set for a range only.
    `start` and `end` are offsets in the text it was found in (0, 0 when it was read from a label).
    """

    law: str
    kind: str
    first: str
    last: str | None = None
    stk: str | None = None
    nr: str | None = None
    start: int = 0
    end: int = 0

    @property
    def label(self) -> str:
        """The one way to write it.

        >>> LawRef("SEL", "§", "86", stk="1").label, LawRef("LAB", "§", "107", last="111").label
        ('SEL § 86, stk. 1', 'LAB §§ 107-111')
        """
        sign = "§§" if self.kind == "§" and self.last else self.kind
        number = f"{self.first}-{self.last}" if self.last else self.first
        tail = (f", stk. {self.stk}" if self.stk else "") + (f", nr. {self.nr}" if self.nr else "")
        return f"{self.law} {sign} {number}{tail}"


@dataclass(frozen=True)
class LawNames:
    """The laws that a catalogue knows: each short name with the other names people use for it."""

    short_by_name: Mapping[str, str]

    @classmethod
    def of(cls, laws: Mapping[str, Any]) -> LawNames:
        """From a catalogue's laws: short name -> {name_da, name_en, aliases}; texts alone are aliases too.

        Entries may be mappings or objects with those attributes.
        """
        names: dict[str, str] = {}
        for short, entry in laws.items():
            names[short.lower()] = short
            for name in _names_of(entry):
                names.setdefault(" ".join(name.lower().split()), short)
        return cls(names)

    @cached_property
    def name_pattern(self) -> str:
        """A regular expression that matches any name of any law, a numbered act or order too."""
        ordered = sorted(self.short_by_name, key=lambda name: (-len(name), name))
        known = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in ordered)
        numbered = rf"{_NUMBERED_ACT.pattern}|{_NUMBERED_ORDER.pattern}".replace("(\\d", "(?:\\d")
        return rf"(?:{known + '|' if known else ''}{numbered})"

    def short(self, name: str) -> str | None:
        """The short name for `name`, or None when no law is called that."""
        plain = " ".join(name.lower().split())
        for candidate in (plain, plain.removesuffix("s")):
            if candidate in self.short_by_name:
                return self.short_by_name[candidate]
        if act := _NUMBERED_ACT.fullmatch(plain):
            return f"Lov {act[1]}/{act[2] or act[3]}"
        if order := _NUMBERED_ORDER.fullmatch(plain):
            return f"BEK{order[1]}"
        return None

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Two ways to refer: law first ("SEL § 86") and law last ("§ 86 i serviceloven")."""
        law = rf"(?<![\wæøå])(?P<law>{self.name_pattern})(?P<genitive>s)?(?![\wæøå])"
        what = rf"(?P<sign>{_SIGN})\s*(?P<numbers>{_NUMBERS})"
        tail = _STK.format("stk", "nr")
        first = rf"{law}\s*[,:(]?\s*{what}{tail}"
        last = rf"(?P<sign>{_SIGN})\s*(?P<numbers>{_NUMBERS}){tail},?\s*(?:i|efter|af|jf\.)?\s*{law}"
        return re.compile(first, re.I), re.compile(last, re.I)

    @cached_property
    def bare_number(self) -> re.Pattern[str]:
        """A law's short name and a number with no sign between ("lab 6"), as people type it."""
        law = rf"(?<![\wæøå])(?P<law>{self.name_pattern})(?![\wæøå])\s*(?P<numbers>{_SAFE_NUMBER})(?![\w/.])"
        units = r"(?!\s*(?:uge|dag|md|måned|år|time|pct|%))"  # "sdp 22 uger" is a length of time
        return re.compile(law + units + _STK.format("stk", "nr"), re.I)


def _names_of(entry: Any) -> Iterable[str]:
    if isinstance(entry, str):
        return [entry]
    if not isinstance(entry, Mapping):
        entry = {key: getattr(entry, key, None) for key in ("name_da", "name_en", "aliases")}
    names = [entry.get("name_da"), entry.get("name_en"), *(entry.get("aliases") or ())]
    return [str(name) for name in names if name]


_SAME_LAW = re.compile(
    rf"\s*(?:[,;(]|og|samt|eller|,?\s*jf\.)?\s*(?P<sign>{_SIGN})\s*(?P<numbers>{_NUMBERS})" + _STK.format("stk", "nr"),
    re.I,
)
_PLAIN = re.compile(rf"(?P<sign>§§?)\s*(?P<numbers>{_NUMBERS})" + _STK.format("stk", "nr"), re.I)


def find_law_refs(text: str, laws: LawNames, default_law: str | None = None, *, typed: bool = False) -> list[LawRef]:
    """The references in `text`, in order of place, each once per place.

    `default_law` is the law that a bare "§ 86" points to (None: such a one is left out). `typed` also reads
    "lab 6" as a section, as people write in a search box.

    >>> names = LawNames.of({"SEL": {"aliases": ["serviceloven"]}, "SUL": {"aliases": ["sundhedsloven"]}})
    >>> [ref.label for ref in find_law_refs("servicelovens § 86, stk. 1 og § 140 i sundhedsloven", names)]
    ['SEL § 86, stk. 1', 'SUL § 140']
    """
    if not any(letter.isdigit() for letter in text):
        return []
    found: list[LawRef] = []
    first, last = laws.patterns
    for match in last.finditer(text):
        found += _refs(match, laws.short(match["law"]))
    for match in first.finditer(text):
        law = laws.short(match["law"])
        refs = _refs(match, law)
        if _taken(refs, found) and not _longer(refs, found):
            continue
        found = [ref for ref in found if not _overlaps(ref, refs)] + refs
        found += _continued(text, match.end(), law, found)
    patterns: list[tuple[re.Pattern[str], str | None]] = [(laws.bare_number, None)] if typed else []
    patterns += [(_PLAIN, default_law)] if default_law else []
    for pattern, law in patterns:
        for match in pattern.finditer(text):
            refs = _refs(match, law or laws.short(match["law"]))
            found += [] if _taken(refs, found) else refs
    return sorted(set(found), key=lambda ref: (ref.start, ref.end, ref.label))


def _continued(text: str, place: int, law: str | None, found: Sequence[LawRef]) -> list[LawRef]:
    """References that go on in the same law: "SUL § 84 og § 140"."""
    more: list[LawRef] = []
    while match := _SAME_LAW.match(text, place):
        refs = _refs(match, law)
        if _taken(refs, found):  # "SEL § 83 og § 140 i sundhedsloven": the second names its own law
            break
        more += refs
        place = match.end()
    return more


def _overlaps(ref: LawRef, others: Sequence[LawRef]) -> bool:
    return any(ref.start < other.end and other.start < ref.end for other in others)


def _taken(refs: Sequence[LawRef], found: Sequence[LawRef]) -> bool:
    return any(_overlaps(ref, found) for ref in refs)


def _longer(refs: Sequence[LawRef], found: Sequence[LawRef]) -> bool:
    """Whether law-first reading starts before the law-last one it collides with: the nearer law wins."""
    rivals = [other for other in found if _overlaps(other, refs)]
    return min(ref.start for ref in refs) < min(other.start for other in rivals)


def _refs(match: re.Match[str], law: str | None) -> list[LawRef]:
    if law is None:
        return []
    groups = match.groupdict()
    sign = (groups.get("sign") or "§").lower()
    kind = next(kind for start, kind in _KINDS if sign.startswith(start))
    stk, nr = groups.get("stk"), groups.get("nr")
    numbers = match["numbers"]
    single_stk = re.fullmatch(rf"({_NUMBER})\s?,\s?(\d)", numbers)
    if single_stk and not stk and sign == "§":  # "SEL §86,1"
        numbers, stk = single_stk[1], single_stk[2]
    base = LawRef(law, kind, "", start=match.start(), end=match.end())
    refs = []
    for part in re.split(r"\s?(?:,|\bog\b|\beller\b|\bsamt\b)\s?", numbers):
        ends = [_spaced(end) for end in re.split(r"\s?(?:-|–|\btil\b)\s?", part) if end.strip()]
        if ends:
            refs.append(replace(base, first=ends[0], last=ends[1] if len(ends) > 1 else None))
    return [*refs[:-1], replace(refs[-1], stk=stk, nr=nr)] if refs else []


def _spaced(number: str) -> str:
    """Write a section number in one way.

    >>> _spaced("83A"), _spaced("26 f")
    ('83 a', '26 f')
    """
    match = re.match(r"\s*(\d+)\s?([a-zæøå]?)", number.lower())
    assert match is not None, number
    return " ".join(part for part in match.groups() if part)


_LABEL = re.compile(
    rf"(?P<law>.+?)\s+(?:tidl\.\s*)?(?P<sign>{_SIGN})\s*(?P<numbers>{_NUMBERS})" + _STK.format("stk", "nr"),
    re.I,
)


def read_labels(label: str) -> list[LawRef]:
    """Read what a catalogue writes as a reference; empty when it is none.

    >>> [ref.label for ref in read_labels("RSL §§ 60, 66")], read_labels("BEK918 §§ 1-3")[0].last
    (['RSL § 60', 'RSL § 66'], '3')
    >>> read_labels("LAS tidl. kap. 6")[0].label
    'LAS kap. 6'
    """
    match = _LABEL.match(label.strip())
    return [replace(ref, start=0, end=0) for ref in _refs(match, match["law"])] if match else []


def _order(number: str) -> tuple[int, str]:
    digits, _, letter = number.partition(" ")
    return int(digits), letter


def same_place(one: LawRef, other: LawRef) -> bool:
    """Whether two references point to a common place; a range holds its members, a stk. lies in its section.

    >>> [section] = read_labels("SEL § 86, stk. 1")
    >>> same_place(read_labels("LAB §§ 107-111")[0], read_labels("LAB § 108")[0])
    True
    >>> same_place(section, read_labels("SEL § 86, stk. 2")[0])
    False
    """
    if (one.law, one.kind) != (other.law, other.kind):
        return False
    if one.stk and other.stk and one.stk != other.stk:
        return False
    low, high = (
        max(one.first, other.first, key=_order),
        min(one.last or one.first, other.last or other.first, key=_order),
    )
    return _order(low) <= _order(high)
