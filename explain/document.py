"""What a reader gets: blocks of sentences, each sentence bound to what it claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Reader: TypeAlias = Literal["caseworker", "citizen", "board", "telephone", "journal"]
Style: TypeAlias = Literal["paragraph", "list", "banner", "steps", "table", "picture"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A reason a sentence states: which pathway, which contribution or rule leaf, which way, which place.

    `sign` is 1 for, -1 against, 0 unknown; `rank` counts from 1 among the pathway's reasons of that kind and sign.
    """

    pathway: str
    source: str
    sign: int
    rank: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with the text key it came from, the values put into it, and what it claims."""

    text: str
    key: str
    claims: tuple[Claim, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    machine_written: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column heads; the first column heads its row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG drawing and the words that say the same."""

    svg: str
    alt: str


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with its sentences, table or picture."""

    id: str
    heading: str
    style: Style = "paragraph"
    sentences: tuple[Sentence, ...] = ()
    table: Table | None = None
    picture: Picture | None = None
    intro: Sentence | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing under the heading."""
        return not (self.sentences or self.table or self.picture)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text for one reader in one language; `receipt` is what its QR code holds, if anything."""

    reader: Reader
    language: str
    title: str
    blocks: tuple[Block, ...]
    suggestion_id: str
    receipt: str | None = None
    meta: Mapping[str, str] = field(default_factory=dict)

    def sentences(self) -> Iterator[Sentence]:
        """Every sentence, in reading order."""
        for block in self.blocks:
            if block.intro is not None:
                yield block.intro
            yield from block.sentences

    def claims(self) -> tuple[Claim, ...]:
        """Every reason the text states, in reading order."""
        return tuple(claim for sentence in self.sentences() for claim in sentence.claims)
