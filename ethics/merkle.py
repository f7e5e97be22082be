"""RFC 6962/9162 Merkle tree: hashing, growth, inclusion and consistency proofs, as pure functions.

A tree over `size` leaves is known by its complete subtrees. Node `(level, i)` is the root over the leaves
`i * 2**level` to `(i + 1) * 2**level - 1`; level 0 holds the leaf hashes. Stored nodes never change, so a proof
is a handful of look-ups, whatever the size of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree with no leaves (RFC 9162, 2.1.1)."""

Node = tuple[int, int]
"""Level and index of a complete subtree."""

Lookup = Callable[[Sequence[Node]], Mapping[Node, bytes]]
"""Fetches stored nodes; a node it does not know is absent from the answer."""


class Grown(NamedTuple):
    """A tree after growth: its right edge and the interior nodes that became complete."""

    frontier: list[bytes]
    nodes: list[tuple[int, int, bytes]]


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf; the 0x00 prefix keeps a leaf from posing as a node.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an interior node over its two children."""
    return sha256(b"\x01" + left + right).digest()


def cover(start: int, end: int) -> list[Node]:
    """The fewest complete subtrees, left to right, that hold exactly the leaves `start` to `end - 1`.

    `start` must be a multiple of the largest power of two not above `end - start`, as it is for every range
    that RFC 9162 splits off.

    >>> cover(0, 7)
    [(2, 0), (1, 2), (0, 6)]
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees given left to right, each smaller than the one before."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def extend(size: int, frontier: Sequence[bytes], leaves: Iterable[bytes]) -> Grown:
    """Append leaf hashes to a tree of `size` leaves whose complete subtrees, left to right, are `frontier`."""
    edge, nodes = list(frontier), []
    for leaf in leaves:
        hashed, level, index = leaf, 0, size
        while index & 1:  # a left sibling is waiting: the two become one complete subtree
            hashed = sha256(b"\x01" + edge.pop() + hashed).digest()
            level, index = level + 1, index >> 1
            nodes.append((level, index, hashed))
        edge.append(hashed)
        size += 1
    return Grown(edge, nodes)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes.

    >>> root_of([]) == EMPTY_ROOT
    True
    """
    return fold(extend(0, [], leaves).frontier)


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges whose roots prove leaf `index` in a tree of `size`, nearest first (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    start, end, ranges = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The leaf ranges whose roots prove that a tree of `old` leaves grew into one of `new` (RFC 9162, 2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} cannot grow into one of {new}")
    if old in (0, new):
        return []
    start, end, whole, ranges = 0, new, True, []
    while start + (old - start) != end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return ranges[::-1]


def prove(ranges: Sequence[tuple[int, int]], lookup: Lookup) -> list[bytes]:
    """The hash of each range, from stored nodes fetched in one go.

    Raises `KeyError` with the node that is not stored.
    """
    covers = [cover(start, end) for start, end in ranges]
    stored = lookup([node for nodes in covers for node in nodes])
    return [fold([stored[node] for node in nodes]) for nodes in covers]


def root_at(size: int, lookup: Lookup) -> bytes:
    """The root that the tree had when it held `size` leaves, from stored nodes."""
    nodes = cover(0, size)
    stored = lookup(nodes)
    return fold([stored[node] for node in nodes])


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf hash stands at `index` in the tree with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, hashed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node_hash(sibling, hashed)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `old` leaves is the beginning of the one of `new` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if old == new:
        return not proof and old_root == new_root
    path = list(proof)
    if old & (old - 1) == 0:  # a complete old tree is itself the first node of the path
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
