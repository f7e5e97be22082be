"""A language model may reword a text; each sentence of its stands only if it claims exactly what ours claims.

The model sees the text's own sentences and nothing else of the case, so it cannot leak what it was never told. It
runs on the municipality's own hardware; a model that fails, hangs or returns nonsense changes nothing.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from assistant.core.texts import Texts
from explain.claims import Problem, problems
from explain.document import Block, Document, Sentence

Drafter: TypeAlias = Callable[[str], str]
"""A prompt in, the model's answer out."""

NEVER = frozenset(
    {
        "complain",
        "decides",
        "goal",
        "cw-goal",
        "journal-decision",
        "tel-disagree",
        "receipt",
        "law",
        "trial",
        "cw-trial",
        "duties",
        "refusal",
        "addressee",
    }
)
"""Blocks that no machine rewords: rights, duties, deadlines, law and proof stand as lawyers read them."""

_NUMBERED = re.compile(r"^\s*(\d{1,3})[.):]\s*(.+?)\s*$")


@dataclass(frozen=True, slots=True)
class Refused:
    """A sentence of the model that was turned down, and why; our own stands in its place."""

    block: str
    ours: str
    theirs: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Redraft:
    """The text with the sentences that held, and those that did not."""

    document: Document
    accepted: int
    refused: tuple[Refused, ...]


def redraft(document: Document, drafter: Drafter) -> Redraft:
    """Ask `drafter` to reword the document block by block, and keep what can be verified.

    Sentences that a machine wrote are marked. An error in the model leaves the block as it was: it is an aid, and
    its failure must never keep a letter back.
    """
    blocks, refused = [], []
    accepted = 0
    for block in document.blocks:
        if block.id in NEVER or not block.sentences:
            blocks.append(block)
            continue
        answers = _ask(block, document.language, drafter)
        sentences = []
        for sentence, answer in zip(block.sentences, answers, strict=True):
            if answer is None or answer == sentence.text:
                sentences.append(sentence)
                continue
            found = problems(sentence, answer, document.language)
            if found:
                refused.append(Refused(block.id, sentence.text, answer, found))
                sentences.append(sentence)
            else:
                accepted += 1
                sentences.append(dataclasses.replace(sentence, text=answer, machine_written=True))
        blocks.append(dataclasses.replace(block, sentences=tuple(sentences)))
    return Redraft(dataclasses.replace(document, blocks=tuple(blocks)), accepted, tuple(refused))


def prompt_for(block: Block, language: str) -> str:
    """The task and the block's sentences, numbered; nothing else of the case."""
    texts = Texts.of("explain", language)
    lines = [f"{number}. {sentence.text}" for number, sentence in enumerate(block.sentences, start=1)]
    return "\n".join([texts("redraft-task"), "", *lines, ""])


def _ask(block: Block, language: str, drafter: Drafter) -> Sequence[str | None]:
    try:
        answer = drafter(prompt_for(block, language))
    except Exception:  # any failure of a foreign model means: our own text stands
        return [None] * len(block.sentences)
    given = dict(_numbered(str(answer)))
    return [given.get(number) for number in range(1, len(block.sentences) + 1)]


def _numbered(answer: str) -> Iterator[tuple[int, str]]:
    seen: set[int] = set()
    for line in answer.splitlines():
        match = _NUMBERED.match(line)
        if match and int(match[1]) not in seen:
            seen.add(int(match[1]))
            yield int(match[1]), match[2]


def from_chat_model(model: Any) -> Drafter:
    """A LangChain chat model (anything with `invoke`) as a drafter."""

    def draft(prompt: str) -> str:
        answer = model.invoke(prompt)
        content = getattr(answer, "content", answer)
        if isinstance(content, list):
            return "".join(part if isinstance(part, str) else str(part.get("text", "")) for part in content)
        return str(content)

    return draft


def from_pipeline(pipeline: Any, *, most_tokens: int = 400) -> Drafter:
    """A `transformers` text-generation pipeline as a drafter; greedy, so that the same text gives the same draft."""

    def draft(prompt: str) -> str:
        answer = pipeline(prompt, max_new_tokens=most_tokens, do_sample=False, return_full_text=False)
        return str(answer[0]["generated_text"])

    return draft


def claims_kept(before: Document, after: Document) -> bool:
    """Whether every claim of the text survived the rewording, in order."""
    return before.claims() == after.claims() and _shape(before) == _shape(after)


def _shape(document: Document) -> list[tuple[str, tuple[str, ...]]]:
    return [(block.id, tuple(_key(sentence) for sentence in block.sentences)) for block in document.blocks]


def _key(sentence: Sentence) -> str:
    return sentence.key
