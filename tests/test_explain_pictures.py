"""Pictures: the numbers they show, a text alternative that says the same, and more than colour to tell by."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from assistant.core.catalogue import Catalogue
from eval.suites.explanation_cases import invented_suggestion, random_case
from explain.contrast import contrast
from explain.document import Picture
from explain.phrases import Phrases
from explain.pictures import MOST_BARS, bars_of, contrast_bars, shape, to_png, waterfall


@pytest.fixture(scope="module")
def say(catalogue: Catalogue) -> Phrases:
    return Phrases.of(catalogue, "da")


def svg_text(picture: Picture) -> str:
    return " ".join("".join(node.itertext()) for node in ET.fromstring(picture.svg).iter() if node.tag.endswith("text"))


def test_the_waterfall_shows_base_steps_and_margin_in_picture_and_words(catalogue: Catalogue, say: Phrases) -> None:
    made = invented_suggestion(random_case(catalogue, 3), catalogue, 3).suggestion
    item = next(i for i in made["assessments"] if i["explanation"])
    bars = bars_of(item["explanation"], say)
    picture = waterfall(item["explanation"], item["pathway"], say)

    total = item["explanation"]["base"] + sum(bar.value for bar in bars)
    assert total == pytest.approx(item["explanation"]["margin"], abs=1e-9)
    assert len(bars) == MOST_BARS + 1
    for value in (item["explanation"]["base"], item["explanation"]["margin"], *(bar.value for bar in bars)):
        assert say.number(value) in svg_text(picture)
        assert say.number(value) in picture.alt
    for bar in bars:
        assert bar.words in picture.alt


def test_bars_against_are_hatched_and_signed(catalogue: Catalogue, say: Phrases) -> None:
    explanation = {
        "base": 0.0,
        "margin": -0.5,
        "contributions": [{"id": "fact:pain_nrs", "kind": "fact", "value": -0.5}],
    }
    against = waterfall(explanation, next(iter(catalogue.pathways)), say)
    pro = waterfall(
        {**explanation, "margin": 0.5, "contributions": [{**explanation["contributions"][0], "value": 0.5}]},  # type: ignore[index]
        next(iter(catalogue.pathways)),
        say,
    )

    assert "<pattern" in against.svg
    assert "<pattern" not in pro.svg
    assert "-0,50" in svg_text(against)
    assert "+0,50" in svg_text(pro)


def test_the_contrast_shows_its_largest_differences(catalogue: Catalogue, say: Phrases) -> None:
    made = invented_suggestion(random_case(catalogue, 3), catalogue, 3).suggestion
    a, b = [i["pathway"] for i in made["assessments"] if i["explanation"]][:2]
    found = contrast(made, a, b)
    picture = contrast_bars(found, say)

    for part in found.parts[:MOST_BARS]:
        assert say.number(part.difference) in svg_text(picture)
        assert say.number(part.difference) in picture.alt


def test_a_shape_names_its_lowest_and_highest_point(say: Phrases) -> None:
    picture = shape(lambda x: x * 0.1, list(np.linspace(0, 10, 11)), 4.0, "pain_nrs", say)

    assert "+0,00 ved 0" in picture.alt
    assert "+1,00 ved 10" in picture.alt


def test_the_same_explanation_gives_the_same_picture_and_a_png(catalogue: Catalogue, say: Phrases) -> None:
    made = invented_suggestion(random_case(catalogue, 3), catalogue, 3).suggestion
    item = next(i for i in made["assessments"] if i["explanation"])
    picture = waterfall(item["explanation"], item["pathway"], say)

    assert picture == waterfall(item["explanation"], item["pathway"], say)
    assert to_png(picture).startswith(b"\x89PNG")
