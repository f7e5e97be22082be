"""How fast and how exact the search for earlier cases is, up to a million invented ones."""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.catalogue import load_catalogue
from retrieval import partition
from retrieval.case_vectors import CaseSpec, Facts, spec_of, vectors_of
from retrieval.partition import Partition

K = 50
DAY = dt.date(2026, 6, 1)


def invented(size: int, seed: int) -> tuple[CaseSpec, list[Facts]]:
    """Cases whose facts hang together: each is a noisy copy of one of 200 kinds of person."""
    fields = [field for field in load_catalogue().fields.values() if field.model_use == "allowed"]
    rng = np.random.default_rng(seed)
    drawn = {field.id: _drawn(field, rng, size) for field in fields}
    facts: list[Facts] = [{name: values[row] for name, values in drawn.items()} for row in range(size)]
    return spec_of(fields, facts[:20_000], [DAY] * min(size, 20_000)), facts


def _drawn(field: Any, rng: np.random.Generator, size: int) -> list[Any]:
    kinds = rng.integers(0, 200, size)
    usual, own = rng.random(200), rng.random(size)
    place = np.where(rng.random(size) < 0.7, usual[kinds], own)
    unknown = rng.random(size) < 0.25
    if field.type in ("integer", "number"):
        low, high = field.range or (0, 10)
        values: list[Any] = (low + place * (high - low)).tolist()
    elif field.type == "boolean":
        values = (place > 0.5).tolist()
    elif field.type == "enum":
        values = [field.allowed[int(share * len(field.allowed))] for share in place]
    elif field.type == "list":
        values = [(field.allowed[int(share * len(field.allowed))],) for share in place]
    else:
        values = [None] * size
    return [None if missing else value for value, missing in zip(values, unknown, strict=True)]


def bench(size: int, queries: int = 200) -> dict[str, Any]:
    """All cases in one pathway, the hardest case: build, search, and recall against comparing every one."""
    started = perf_counter()
    spec, facts = invented(size + queries, 3)
    made = perf_counter()
    vectors = np.concatenate(
        [vectors_of(spec, facts[low : min(low + 50_000, size)], [DAY] * 50_000) for low in range(0, size, 50_000)]
    )
    known = np.random.default_rng(5).integers(DAY.toordinal() - 900, DAY.toordinal(), size).astype(np.int32)
    cases = Partition(
        [f"c{row:08d}" for row in range(size)], vectors, known, known % 2 == 0, np.arange(1, size + 1, dtype=np.uint64)
    )
    asked = vectors_of(spec, facts[size:], [DAY] * queries)
    cases.nearest(asked[0], K, DAY.toordinal(), 0)
    found: dict[str, Any] = {
        "cases": size,
        "invent_s": round(made - started, 1),
        "build_s": round(perf_counter() - made, 1),
    }
    wall, work, recalled = [], [], []
    for vector in asked:
        start, used = perf_counter(), process_time()
        _, distance = cases.nearest(vector, K, DAY.toordinal() - 30, 7)
        wall.append((perf_counter() - start) * 1000)
        work.append((process_time() - used) * 1000)
        recalled.append(_recall(vectors, known, vector, distance))
    for name, values in (("p50_ms", np.median(wall)), ("p95_ms", np.quantile(wall, 0.95)),
                         ("cpu_p50_ms", np.median(work)), ("cpu_p95_ms", np.quantile(work, 0.95)),
                         ("recall@50", np.mean(recalled))):  # fmt: skip
        found[name] = round(float(values), 3)
    found |= {"exact": size <= partition.EXACT_UP_TO, "width": spec.width}
    found["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found


def _recall(
    vectors: NDArray[np.int8], known: NDArray[np.int32], vector: NDArray[np.int8], distance: NDArray[np.float64]
) -> float:
    """Share of the found that are no farther than the true fiftieth (ties count as found)."""
    allowed = known < DAY.toordinal() - 30
    every = np.empty(len(vectors), np.float32)
    wanted = vector.astype(np.float32)
    for low in range(0, len(vectors), 65_536):
        part = vectors[low : low + 65_536].astype(np.float32) - wanted
        every[low : low + 65_536] = np.einsum("ij,ij->i", part, part)
    worst = np.partition(every[allowed], K - 1)[K - 1]
    return float((distance <= worst).sum() / K)


def main() -> None:
    """`python -m eval.suites.bench_cases [SIZE]`."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(json.dumps(bench(size, 40 if size > 500_000 else 100), indent=1))


if __name__ == "__main__":
    main()
