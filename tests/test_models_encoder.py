"""The built-in encoder: loads both ways, is trained on our own texts only, and can be fitted further."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

import models.encoder.adapt
from assistant.core.errors import MissingError, UserError
from models.encoder.adapt import adapt
from models.encoder.load import built_in_encoder, encoder_version, load_encoder
from models.encoder.pairs import all_pairs, misspelt, read_articles
from models.encoder.vocabulary import domain_words, random_start, read_teacher

DATA = Path(__file__).parents[1] / "retrieval"
WEIGHTS = Path(str(resources.files("models.encoder"))) / "weights"


def test_the_weights_are_small_and_their_version_is_recorded() -> None:
    size = sum(file.stat().st_size for file in WEIGHTS.iterdir())
    facts = json.loads((WEIGHTS / "version.json").read_text(encoding="utf-8"))

    assert size <= 15_000_000
    assert facts["pairs"] >= 5_000
    assert encoder_version() == facts["version"]


@pytest.mark.filterwarnings("ignore")
def test_sentence_transformers_gives_the_same_vectors() -> None:
    ours = built_in_encoder()
    theirs = load_encoder(str(WEIGHTS))
    assert ours is not None
    assert theirs is not None
    texts = ["Jeg får let åndenød på grund af rygerlunger", "sygedagpenge", "§ 140"]

    assert np.abs(ours(texts) - theirs(texts)).max() < 1e-3
    assert np.array_equal(ours(texts[:1])[0], ours(texts)[0])


def test_a_text_without_words_is_a_zero_vector() -> None:
    encoder = built_in_encoder()
    assert encoder is not None

    assert not encoder([""]).any()


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingError, match="cannot be loaded"):
        load_encoder("/findes/ikke")


def test_there_are_enough_pairs_and_none_comes_from_the_judging_questions() -> None:
    pairs = all_pairs(DATA, 1)
    questions = {
        json.loads(line)["text"]
        for file in (DATA / "lay_questions").glob("*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    }

    assert len(pairs) >= 5_000
    assert len(set(pairs)) == len(pairs)
    assert pairs == all_pairs(DATA, 1)
    assert questions.isdisjoint({pair.anchor for pair in pairs} | {pair.positive for pair in pairs})


def test_articles_are_read_with_pathways_and_sections() -> None:
    articles = read_articles(DATA / "guidance")

    assert len(articles) >= 58
    assert all(article.title and article.sections for article in articles)
    assert sum(len(article.pathways) == 1 for article in articles) >= 33


def test_a_misspelling_changes_one_long_word() -> None:
    import random

    text = "hvem kan få genoptræning"
    changed = misspelt(text, random.Random(3))

    assert changed != text
    assert changed.split()[:3] == text.split()[:3]


def test_a_teacher_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pieces.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UserError, match="not the pinned file"):
        read_teacher(tmp_path)


def test_whole_words_win_over_their_pieces() -> None:
    words = domain_words(["genoptræning genoptræning plan"], 2, 10)
    tokenizer, table = random_start([*words, "træning"], 8, 1)

    assert words == ["genoptræning"]
    assert tokenizer.encode("Genoptræning").tokens == ["▁genoptræning"]
    assert table.shape[1] == 8


def test_too_few_texts_cannot_adapt(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="too few to adapt"):
        adapt(["En tekst. To."], tmp_path)


TOPICS = (
    ("fugl", "vinge", "fjer", "rede"),
    ("skib", "havn", "sejl", "anker"),
    ("kage", "ovn", "mel", "sukker"),
    ("skov", "træ", "blad", "rod"),
    ("hest", "stald", "sadel", "hø"),
    ("bil", "motor", "hjul", "bremse"),
    ("guitar", "streng", "akkord", "sang"),
    ("vinter", "sne", "frost", "slæde"),
    ("maleri", "pensel", "lærred", "farve"),
    ("fisk", "fjord", "net", "garn"),
)


@pytest.mark.filterwarnings("ignore")
def test_adapting_teaches_which_words_go_together_in_ones_own_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.encoder.adapt, "FEWEST", len(TOPICS))
    texts = [
        f"Bogen handler her for det meste om {a} og {b} og om det, der ligner. "
        f"Der skal man især se på {c} og {d}, når man læser videre i bogen."
        for a, b, c, d in TOPICS
    ]
    adapt(texts, tmp_path / "egen")
    before, after = built_in_encoder(), load_encoder(str(tmp_path / "egen"))

    def right(encoder: object) -> float:
        firsts, seconds = (encoder([f"{t[p]} {t[p + 1]}" for t in TOPICS]) for p in (0, 2))  # type: ignore[operator]
        scores = firsts @ seconds.T / np.linalg.norm(firsts, axis=1)[:, None] / np.linalg.norm(seconds, axis=1)
        return float(np.diagonal(scores).mean() - scores.mean())

    assert right(after) > 1.5 * right(before)
