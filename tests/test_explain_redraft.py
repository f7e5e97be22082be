"""A language model may reword; whatever changes a claim is caught, sentence by sentence, and ours stands instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from assistant.core.catalogue import Catalogue
from eval.suites.explanation_cases import invented_suggestion, random_case
from explain.claims import problems
from explain.document import Block, Document, Sentence
from explain.readers import explanation_document
from explain.redraft import NEVER, Drafter, from_chat_model, from_pipeline, prompt_for, redraft
from explain.view_build import explanation_view

WORDS = re.split(" ", "[UNK] [PAD] du kan skal ikke klage kommunen har bestemt noget endnu . 1 2 uger alkohol")
SHUFFLED = re.split(" ", "du kan skal ikke klage inden 4 uger til kommunen for imod aldrig altså jo")


def block_of(*texts: str) -> Document:
    sentences = tuple(Sentence(text, "line") for text in texts)
    return Document("citizen", "da", "Prøve", (Block("suggestion", "Hvad", "paragraph", sentences),), "S-1")


def changing(change: Callable[[str], str]) -> Drafter:
    """A model that answers with every sentence changed in one way."""

    def draft(prompt: str) -> str:
        lines = [line for line in prompt.splitlines() if re.match(r"\d+\. ", line)]
        return "\n".join(f"{line.split('. ', 1)[0]}. {change(line.split('. ', 1)[1])}" for line in lines)

    return draft


def texts_of(document: Document) -> list[str]:
    return [sentence.text for sentence in document.sentences()]


@pytest.fixture(scope="module")
def letter(catalogue: Catalogue) -> Document:
    for seed in range(200):
        made = invented_suggestion(random_case(catalogue, seed), catalogue, seed)
        view = explanation_view(made.suggestion, made.facts, catalogue, texts=made.texts)
        if view.first is not None and view.first.explanation is not None and view.not_used:
            return explanation_document(view, catalogue, "citizen")
    raise AssertionError("no invented case serves")


SOUND = [
    (
        "Vi foreslår, at du taler med kommunen om: Mentorstøtte.",
        "Vi anbefaler altså, at du snakker med kommunen om Mentorstøtte.",
    ),
    ("Kommunen har ikke bestemt noget endnu.", "Kommunen har altså ikke besluttet noget endnu."),
    ("Du skal svare inden 4 uger.", "Du skal svare inden fire uger."),
]


@pytest.mark.parametrize(("ours", "theirs"), SOUND)
def test_a_rewording_that_says_the_same_stands_and_is_marked(ours: str, theirs: str) -> None:
    done = redraft(block_of(ours), changing(lambda _: theirs))

    sentence = next(done.document.sentences())
    assert (sentence.text, sentence.machine_written, done.accepted) == (theirs, True, 1)


ADVERSARIES = [
    ("an invented deadline", "Du skal svare.", "Du skal svare inden 14 dage.", "number"),
    ("an invented deadline in words", "Du skal svare.", "Du skal svare inden fjorten dage.", "number"),
    ("another date", "Du kom hjem 18. november 2026.", "Du kom hjem 19. november 2026.", "number"),
    ("another section", "Det står i § 140, stk. 1.", "Det står i § 86, stk. 1.", "number"),
    ("a dropped negation", "Det er ikke en afgørelse.", "Det er en afgørelse.", "negation"),
    ("an added negation", "Du kan klage.", "Du kan ikke klage.", "negation"),
    ("a doubled negation", "Du kan klage.", "Det er ikke sådan, at du ikke kan klage.", "negation"),
    ("a swapped sign", "Smerter: 6. Det taler for.", "Smerter: 6. Det taler imod.", "direction"),
    ("up for down", "Det trækker lidt ned nu.", "Det trækker lidt op nu.", "direction"),
    ("a right made a duty", "Du kan sige nej.", "Du skal sige nej.", "duty"),
    (
        "a leaked masked fact",
        "Vi har ikke set oplysninger om helbred.",
        "Vi har ikke set oplysninger om dit alkoholmisbrug.",
        "new_word",
    ),
    ("another name", "Ring til Mette Holm.", "Ring til Peter Holm.", "new_word"),
    ("another body", "Du klager til Ankestyrelsen.", "Du klager til Styrelsen for Patientklager.", "new_word"),
    ("a promise", "Vi foreslår Mentorstøtte.", "Vi har bevilget Mentorstøtte.", "new_word"),
    ("a percentage", "Det gik godt for andre.", "Det gik godt for 80 % af de andre.", "number"),
    (
        "who decides, turned round",
        "Kommunen bestemmer, programmet hjælper.",
        "Programmet bestemmer, kommunen hjælper.",
        "order",
    ),
    ("who does it, turned round", "Vi hjælper dig med papirer.", "Du hjælper os med papirer.", "order"),
    ("a third person", "Vi hjælper dig.", "Vi hjælper ham.", "person"),
    ("before for after", "Du skal svare efter mødet.", "Du skal svare før mødet.", "new_word"),
    ("a lost condition", "Det må vi kun, hvis du siger ja.", "Det må vi.", "lost_word"),
    ("a statement made a question", "Du kan klage.", "Kan du klage?", "order"),
    ("markup", "Du kan klage.", "Du kan <b>klage</b>.", "markup"),
    ("a link", "Du kan klage.", "Du kan klage på https://klag.example.", "markup"),
    ("nothing at all", "Du kan klage.", "…", "length"),
]


@pytest.mark.parametrize(("ours", "theirs", "kind"), [a[1:] for a in ADVERSARIES], ids=[a[0] for a in ADVERSARIES])
def test_every_adversary_is_caught_and_our_sentence_stands(ours: str, theirs: str, kind: str) -> None:
    done = redraft(
        block_of(ours, "Kommunen har ikke bestemt noget endnu."), changing(lambda t: theirs if t == ours else t)
    )

    assert texts_of(done.document) == [ours, "Kommunen har ikke bestemt noget endnu."]
    assert [refused.theirs for refused in done.refused] == [theirs]
    assert kind in {problem.kind for problem in done.refused[0].problems}
    assert not any(sentence.machine_written for sentence in done.document.sentences())


def test_a_whole_letter_survives_every_kind_of_spoiling(letter: Document) -> None:
    spoilers: list[Callable[[str], str]] = [
        lambda t: t.replace(" ikke ", " "),
        lambda t: re.sub(r"\d+", "99", t),
        lambda t: t.replace("du", "han"),
        lambda t: t + " Du har også et alkoholproblem.",
        lambda t: "Du har ret til førtidspension.",
        lambda t: t.replace("op", "ned").replace("godt", "dårligt"),
        lambda t: " ".join(reversed(t.split())),
    ]
    for spoil in spoilers:
        done = redraft(letter, changing(spoil))

        assert done.accepted == 0
        assert done.document == letter


def test_rights_deadlines_law_and_who_decides_are_never_sent_to_a_model(letter: Document) -> None:
    seen: list[str] = []

    def listening(prompt: str) -> str:
        seen.append(prompt)
        return ""

    redraft(letter, listening)

    kept = [s.text for b in letter.blocks if b.id in NEVER for s in b.sentences]
    assert kept
    assert not any(text in prompt for text in kept for prompt in seen)


def test_the_model_sees_the_texts_own_sentences_and_nothing_else(letter: Document) -> None:
    for block in letter.blocks:
        numbered = [line for line in prompt_for(block, "da").splitlines() if line][1:]
        assert [line.split(". ", 1)[1] for line in numbered] == [s.text for s in block.sentences]


@pytest.mark.parametrize(
    "answer", ["", "sludder", "1) ", "2. Noget andet.", "1. A\n1. B", "\x00", "999. x", "1. " + "ord " * 5000]
)
def test_nonsense_changes_nothing(answer: str) -> None:
    document = block_of("Du kan klage.")

    assert texts_of(redraft(document, lambda _: answer).document) == ["Du kan klage."]


def test_a_model_that_fails_never_keeps_a_letter_back(letter: Document) -> None:
    def broken(_: str) -> str:
        raise TimeoutError("the server is gone")

    assert redraft(letter, broken).document == letter


def test_a_langchain_chat_model_drafts() -> None:
    model = FakeListChatModel(responses=["1. Kommunen har altså ikke besluttet noget endnu."])

    done = redraft(block_of("Kommunen har ikke bestemt noget endnu."), from_chat_model(model))

    assert (done.accepted, texts_of(done.document)) == (1, ["Kommunen har altså ikke besluttet noget endnu."])


def test_a_real_tiny_transformers_model_drafts_and_its_babble_is_turned_down() -> None:
    pipeline = tiny_pipeline()
    drafter = from_pipeline(pipeline, most_tokens=24)
    document = block_of("Du kan klage.", "Kommunen har ikke bestemt noget endnu.")

    assert drafter("1. Du kan klage.")  # it does write something
    assert drafter("1. Du kan klage.") == drafter("1. Du kan klage.")
    assert texts_of(redraft(document, drafter).document) == texts_of(document)
    lead = redraft(document, lambda prompt: "1. " + drafter(prompt).replace("\n", " "))
    assert texts_of(lead.document) == texts_of(document)
    assert len(lead.refused) == 1


def tiny_pipeline() -> Any:
    """A GPT-2 of two layers with random weights and a word tokenizer, built here: nothing is fetched."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast, pipeline

    torch.manual_seed(0)
    words = WORDS
    raw = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="[UNK]", pad_token="[PAD]")
    config = GPT2Config(
        vocab_size=len(words),
        n_embd=16,
        n_layer=2,
        n_head=2,
        n_positions=512,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=1,
    )
    return pipeline("text-generation", model=GPT2LMHeadModel(config).eval(), tokenizer=tokenizer, device="cpu")


@given(
    st.lists(
        st.sampled_from(SHUFFLED),
        min_size=1,
        max_size=9,
    )
)
def test_no_shuffle_of_words_passes_unless_it_keeps_their_order(words: list[str]) -> None:
    original = Sentence("Du kan klage til kommunen inden 4 uger.", "line")
    meaning = [word for word in words if word not in ("altså", "jo")]

    same = meaning == ["du", "kan", "klage", "til", "kommunen", "inden", "4", "uger"]

    assert (problems(original, " ".join(words), "da") == ()) is same
