from __future__ import annotations

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethics.merkle import (
    EMPTY_ROOT,
    Node,
    consistency_ranges,
    cover,
    extend,
    fold,
    inclusion_ranges,
    leaf_hash,
    prove,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The test vectors of certificate-transparency (RFC 6962): the leaves, and the root at every size from 0.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCY = {
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


class Nodes(dict[Node, bytes]):
    """A store of nodes that grew with the leaves given."""

    def __init__(self, data: list[bytes]) -> None:
        hashes = [leaf_hash(item) for item in data]
        super().__init__({(0, at): hashed for at, hashed in enumerate(hashes)})
        self.update({(level, index): hashed for level, index, hashed in extend(0, [], hashes).nodes})

    def lookup(self, wanted: object) -> dict[Node, bytes]:
        return {node: self[node] for node in wanted if node in self}  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", range(9))
def test_the_root_is_that_of_the_published_vectors(size: int) -> None:
    assert root_of(leaf_hash(data) for data in LEAVES[:size]).hex() == ROOTS[size]
    assert root_at(size, Nodes(LEAVES).lookup).hex() == ROOTS[size]


@pytest.mark.parametrize("place", INCLUSION)
def test_an_inclusion_proof_is_that_of_the_published_vectors(place: tuple[int, int]) -> None:
    proof = prove(inclusion_ranges(*place), Nodes(LEAVES).lookup)

    assert [step.hex() for step in proof] == INCLUSION[place]


@pytest.mark.parametrize("sizes", CONSISTENCY)
def test_a_consistency_proof_is_that_of_the_published_vectors(sizes: tuple[int, int]) -> None:
    proof = prove(consistency_ranges(*sizes), Nodes(LEAVES).lookup)

    assert [step.hex() for step in proof] == CONSISTENCY[sizes]


def test_every_proof_of_every_small_tree_verifies_and_no_other_place_does() -> None:
    data = [bytes([at]) for at in range(20)]
    nodes = Nodes(data)
    for size in range(1, len(data) + 1):
        root = root_at(size, nodes.lookup)
        for index in range(size):
            proof = prove(inclusion_ranges(index, size), nodes.lookup)
            leaf = leaf_hash(data[index])
            places = [at for at in range(size + 1) if verify_inclusion(leaf, at, size, proof, root)]
            assert places == [index]
            assert not verify_inclusion(leaf, index, size, [*proof, root], root)
            assert not proof or not verify_inclusion(leaf, index, size, proof[:-1], root)
        for old in range(size + 1):
            proof = prove(consistency_ranges(old, size), nodes.lookup)
            before = root_at(old, nodes.lookup)
            assert verify_consistency(old, size, before, root, proof)
            assert not verify_consistency(old, size, leaf_hash(b"other"), root, proof)
            assert old in (0, size) or not verify_consistency(old, size, before, leaf_hash(b"other"), proof)
            assert not verify_consistency(old, size, before, root, [*proof, root])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=120), st.data())
def test_roots_and_proofs_agree_with_pymerkle(data: list[bytes], draw: st.DataObject) -> None:
    oracle = pymerkle.InmemoryTree(algorithm="sha256")
    oracle.append_entries(data)
    nodes = Nodes(data)
    size = draw.draw(st.integers(1, len(data)))
    index = draw.draw(st.integers(0, size - 1))
    old = draw.draw(st.integers(1, size))

    assert root_at(size, nodes.lookup) == oracle.get_root(size)
    # Its proofs begin with the leaf itself.
    theirs = oracle.prove_inclusion(index + 1, size).path
    assert [leaf_hash(data[index]), *prove(inclusion_ranges(index, size), nodes.lookup)] == theirs
    ours = prove(consistency_ranges(old, size), nodes.lookup)
    assert verify_consistency(old, size, oracle.get_root(old), oracle.get_root(size), ours)
    # Its consistency proofs are longer than the RFC's, so only the verdicts can be compared.
    pymerkle.verify_consistency(oracle.get_root(old), oracle.get_root(size), oracle.prove_consistency(old, size))
    assert not verify_consistency(old, size, oracle.get_root(old), leaf_hash(b"fork"), ours)


@given(st.integers(0, 300), st.integers(0, 300))
def test_growing_in_two_steps_gives_the_tree_of_one(first: int, more: int) -> None:
    hashes = [leaf_hash(at.to_bytes(2, "big")) for at in range(first + more)]
    one = extend(0, [], hashes)

    half = extend(0, [], hashes[:first])
    two = extend(first, half.frontier, hashes[first:])

    assert two.frontier == one.frontier
    assert half.nodes + two.nodes == one.nodes
    assert len(one.nodes) == len(hashes) - len(hashes).bit_count()


@given(st.integers(0, 5000))
def test_a_cover_is_as_short_as_the_binary_number(size: int) -> None:
    nodes = cover(0, size)

    assert len(nodes) == size.bit_count()
    assert sum(1 << level for level, _ in nodes) == size


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert fold([]) == EMPTY_ROOT


@pytest.mark.parametrize("place", [(-1, 4), (4, 4), (0, 0)])
def test_there_is_no_proof_for_a_leaf_outside_the_tree(place: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_ranges(*place)


def test_a_tree_cannot_shrink() -> None:
    with pytest.raises(ValueError, match="cannot grow"):
        consistency_ranges(5, 4)
    assert not verify_consistency(5, 4, b"", b"", [])


def test_a_missing_node_is_named() -> None:
    nodes = Nodes(LEAVES)
    del nodes[2, 0]

    with pytest.raises(KeyError, match=r"2, 0"):
        prove(inclusion_ranges(5, 8), nodes.lookup)
