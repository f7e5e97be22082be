"""Put a document's text together from blocks, marking where headings and pages begin."""

from __future__ import annotations

from dataclasses import dataclass, field

from retrieval.documents import Section


@dataclass(slots=True)
class TextBuilder:
    """Grows a text block by block; blank lines stand between blocks."""

    parts: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    path: list[tuple[int, str]] = field(default_factory=list)
    page: int | None = None
    _length: int = 0
    _marked: bool = True

    def heading(self, level: int, text: str) -> None:
        """A heading of a level from 1; what follows lies under it. The heading itself stands in the text too."""
        self.under(level, text)
        self.block(text)

    def under(self, level: int, text: str) -> None:
        """What follows lies under a heading that is not written into the text (it begins the text itself)."""
        self.path = [*((depth, name) for depth, name in self.path if depth < level), (level, text)]
        self._marked = True

    def turn(self, page: int) -> None:
        """What follows stands on this page (from 1)."""
        self.page = page
        self._marked = True

    def block(self, text: str) -> None:
        """A paragraph, list item or table row."""
        clean = " ".join(text.split())
        if not clean:
            return
        if self._marked:
            self.sections.append(Section(self._length, tuple(name for _, name in self.path), self.page))
            self._marked = False
        self.parts.append(clean)
        self._length += len(clean) + 2

    @property
    def text(self) -> str:
        """All blocks."""
        return "\n\n".join(self.parts)
