"""Results in the forms the contract names, and in lines for a terminal."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.core.cases import read_case_file
from assistant.core.errors import UserError
from assistant.derive import Suggestion
from retrieval.guidance import Hit


def hits_json(query: str, as_of: dt.date, hits: Sequence[Hit]) -> dict[str, Any]:
    """A search result in CONTRACT's form."""
    return {
        "query": query,
        "as_of": as_of.isoformat(),
        "hits": [
            {
                "passage_id": hit.passage.id,
                "document": hit.passage.document_title,
                "law_refs": list(hit.passage.law_refs),
                "text": hit.passage.text,
                "score": hit.score,
                "matched": list(hit.matched),
                "valid_from": str(hit.passage.valid_from) if hit.passage.valid_from else None,
                "valid_to": str(hit.passage.valid_to) if hit.passage.valid_to else None,
            }
            for hit in hits
        ],
    }


def queries_of(path: Path | None) -> list[str]:
    """The texts of a queries file: one JSON object a line with `text` (or `q`)."""
    if path is None:
        return []
    texts = []
    for where, data in read_case_file(path):
        text = data.get("text") or data.get("q") if isinstance(data, dict) else None
        if not isinstance(text, str):
            raise UserError(f"{where}: a query is a JSON object with a 'text'.")
        texts.append(text)
    return texts


def suggestion_lines(suggestion: Suggestion) -> Iterator[str]:
    """The suggestion for a terminal, in Danish."""
    yield f"{suggestion['case_id']}  {suggestion['suggestion_id']}  {suggestion['outcome']}"
    if suggestion["outcome_reason"]:
        yield f"  {suggestion['outcome_reason']['text_da']}"
    for item in suggestion["assessments"]:
        if item["order"] is None:
            continue
        why = item["rank_reason"]["reasons"][0]["because_da"]
        yield f"  {item['order']}. {item['name_da']} ({', '.join(item['legal_refs'][:2])}): {why}"
    for question in suggestion["questions"]:
        yield f"  ? {question['question_da']}"
    for flag in suggestion["flags"]:
        yield f"  ! {flag['text_da']}" + (f" ({flag['due']})" if "due" in flag else "")


def json_bytes(data: Any) -> bytes:
    """JSON with Danish letters as they are, one document and a line end."""
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()
