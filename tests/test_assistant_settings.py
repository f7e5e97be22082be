"""Settings are read strictly and written so that they read back the same."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.domain import Mode
from assistant.core.errors import CheckFailedError, MissingError, UserError, VejviserError
from assistant.core.settings import Settings, SettingsError, load_settings

texts = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    ['a"b', "a\\b", "a\nb", "\x7f\x00\t", "'''"]
)


@settings(max_examples=300)
@given(
    st.builds(
        Settings,
        mode=st.sampled_from(list(Mode)),
        municipality=texts,
        contact_name=texts,
        contact_telephone=texts,
        encoder=texts,
        model_off=st.booleans(),
        neighbours=st.integers(1, 1000),
        passages_per_pathway=st.integers(1, 10),
        questions=st.integers(0, 3),
        own_assessment_share=st.floats(0, 1),
        seed=st.integers(0, 2**32 - 1),
    )
)
def test_settings_read_back_as_they_were_written(given_settings: Settings) -> None:
    assert load_settings(given_settings.to_toml()) == given_settings


def test_what_is_not_set_keeps_its_default_and_the_default_mode_invents_people() -> None:
    assert load_settings("") == Settings()
    assert load_settings('municipality = "Demo"') == Settings(municipality="Demo")
    assert Settings().mode is Mode.TRIAL


def test_a_whole_number_is_a_share_too() -> None:
    share = load_settings("own_assessment_share = 1").own_assessment_share

    assert share == 1.0
    assert isinstance(share, float)


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("mode = ", "not valid TOML"),
        ("mode = 'test'", "mode is 'test'; it is trial or operation"),
        ("mode = ['trial']", "it is trial or operation"),
        ("mood = 'trial'", "unknown settings mood; known are"),
        ("neighbours = 'many'", "neighbours is 'many'; it must be like 50"),
        ("neighbours = 50.0", "neighbours is 50.0; it must be like 50"),
        ("neighbours = true", "neighbours is True"),
        ("neighbours = 0", "it lies between 1 and 1000"),
        ("model_off = 1", "model_off is 1; it must be like False"),
        ("model_off = 'ja'", "model_off is 'ja'"),
        ("own_assessment_share = true", "own_assessment_share is True"),
        ("own_assessment_share = 1.5", "it lies between 0 and 1"),
        ("own_assessment_share = nan", "it lies between 0 and 1"),
        ("questions = 4", "it lies between 0 and 3"),
        ("seed = -1", "it lies between 0 and"),
        ("municipality = 7", "municipality is 7"),
        ("[mode]", "it is trial or operation"),
        ("a = 1\na = 2", "not valid TOML"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(toml: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(toml)

    assert says in str(caught.value)
    assert str(caught.value).startswith("settings.toml: ")
    assert str(caught.value).endswith(".")


def test_every_default_is_within_its_own_limits() -> None:
    assert load_settings(Settings().to_toml()) == Settings()
    assert {field.name for field in fields(Settings)} == {
        line.split(" = ")[0] for line in Settings().to_toml().splitlines()
    }


def test_the_class_of_a_failure_is_its_exit_code() -> None:
    assert [kind.exit_code for kind in (VejviserError, CheckFailedError, UserError, MissingError)] == [1, 1, 2, 3]
    assert issubclass(SettingsError, UserError)
