"""What a change of guidance touches: passages that went, came or say something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retrieval.documents import Document
from retrieval.law_refs import LawNames
from retrieval.passages import Passage, split


@dataclass(frozen=True, slots=True)
class Impact:
    """A change between two versions of guidance; ids are of passages of the old version, save `added`."""

    changed: tuple[str, ...]
    """Passages of the old version whose text no longer stands anywhere in the new version of their document."""
    added: tuple[str, ...]
    law_refs: tuple[str, ...]
    """References of the changed and added passages."""
    pathways: tuple[str, ...]
    """Pathways of the documents that changed, went or came."""
    removed_documents: tuple[str, ...]


def impact(old: Sequence[Document], new: Sequence[Document], laws: LawNames) -> Impact:
    """Compare two versions of guidance, document by document, passage by passage.

    A passage that only moved, or whose heading alone changed, is not changed.
    """
    before = {document.id: document for document in old}
    after = {document.id: document for document in new}
    changed: list[Passage] = []
    added: list[Passage] = []
    for name in sorted(before.keys() | after.keys()):
        was = split(before[name], laws) if name in before else []
        now = split(after[name], laws) if name in after else []
        kept, stood = {passage.text for passage in now}, {passage.text for passage in was}
        same_days = name in before and name in after and _days(before[name]) == _days(after[name])
        changed += [passage for passage in was if passage.text not in kept or not same_days]
        added += [passage for passage in now if passage.text not in stood or not same_days]
    both = (*changed, *added)
    return Impact(
        changed=tuple(passage.id for passage in changed),
        added=tuple(passage.id for passage in added),
        law_refs=tuple(sorted({ref for passage in both for ref in passage.law_refs})),
        pathways=tuple(sorted({pathway for passage in both for pathway in passage.pathways})),
        removed_documents=tuple(sorted(before.keys() - after.keys())),
    )


def touched(change: Impact, quoted: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Which suggestions rest on passages that changed: suggestion id -> those passages.

    `quoted` maps each open suggestion to the ids of the passages it shows.
    """
    gone = set(change.changed)
    found = {name: sorted(gone & set(passages)) for name, passages in quoted.items()}
    return {name: passages for name, passages in sorted(found.items()) if passages}


def _days(document: Document) -> tuple[object, object]:
    return document.valid_from, document.valid_to
