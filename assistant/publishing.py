"""Drafts for public registers and assessments, gathered from the running system; what it cannot know stays blank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from assistant.core.domain import ModelUse
from assistant.core.errors import UserError
from assistant.core.texts import LANGUAGES, Texts
from ethics.legal_basis import LegalRegister
from ethics.log_facts import log_facts, register_facts
from ethics.public_records import FORMATS as RECORDS
from ethics.public_records import as_mapping, as_markdown, document
from models.card import render_card
from models.registry import Registry

if TYPE_CHECKING:
    from assistant.app import Assistant

QUARTER = "quarter"
MODEL_CARD = "model-card"
FORMATS = (*(name for name in RECORDS if name != QUARTER), MODEL_CARD, QUARTER)

ORGANISATION = "organisation.yaml"
"""The municipality's own answers, in the workspace: what no program can know, asked for in each draft's blanks."""
ANSWERS = frozenset(
    {
        "affected",
        "assessments",
        "benefits",
        "consulted",
        "contact",
        "data_coverage",
        "data_sources",
        "dpia",
        "dpo",
        "dpo_advice",
        "governance",
        "maintenance",
        "name",
        "notified",
        "owner",
        "period",
        "previous_process",
        "processors",
        "recipients",
        "risks",
        "team",
        "third_parties",
        "training",
        "website",
    }
)


class Draft(NamedTuple):
    """A draft as Markdown and as plain values; `blanks` is how many questions a person must still answer."""

    markdown: str
    data: dict[str, Any]
    blanks: int


def draft(
    assistant: Assistant,
    form: str,
    language: str = "da",
    *,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Draft:
    """A draft from the system as it is now; the quarterly page is of `since` to `until`, by default this quarter.

    Raises `UserError` for a format or language that there is none of or a broken `organisation.yaml`, and
    `MissingError` for the card of a model that there is not.
    """
    if form not in FORMATS:
        raise UserError(f"There is no public record in format {form[:40]!r}; there is {', '.join(FORMATS)}.")
    if language not in LANGUAGES:
        raise UserError(f"There is no language {language[:40]!r}; choose one of {', '.join(LANGUAGES)}.")
    if form == MODEL_CARD:
        card = Registry(assistant.workspace.models).card()
        return Draft(render_card(card, assistant.catalogue, language), card, 0)
    if form == QUARTER:
        since, until = _quarter(since, until)
    facts = gather(assistant, language, since, until)
    written = document(form, facts, language)
    say = Texts.of("ethics", language)
    text = as_markdown(written, say("record-blank", ask="{ask}"))
    stamp = Texts.of("assistant", language)(
        "register-stamp",
        date=dt.date.today().isoformat(),
        mode=assistant.settings.mode.value,
        rules=assistant.catalogue.version[:12],
        size=facts["log"]["size"],
        blanks=len(written.blanks),
    )
    head, _, rest = text.partition("\n")
    return Draft(f"{head}\n\n{stamp}\n{rest}", as_mapping(written), len(written.blanks))


def gather(
    assistant: Assistant, language: str, since: dt.date | None = None, until: dt.date | None = None
) -> dict[str, Any]:
    """Everything that the drafts may say: catalogue, settings, model card, legal register and the log's figures."""
    catalogue, today = assistant.catalogue, dt.date.today()
    scored = assistant.scoring_allowed("caseworker", today)
    fields = catalogue.fields.values()

    def labels(wanted: Any) -> list[str]:
        return [catalogue.field_label(spec.id, language) for spec in fields if wanted(spec)]

    return {
        **register_facts(LegalRegister.load(assistant.workspace.legal_basis), language),
        **log_facts(assistant.log, since, until),
        "system": {"name": "Vejviser", "mode": assistant.settings.mode.value},
        "organisation": _organisation(assistant),
        "period": {"from": since.isoformat() if since else None, "to": until.isoformat() if until else None},
        "pathways": [{"id": key, "scored": key in scored} for key in catalogue.pathways],
        "fields": {
            "total": len(catalogue.fields),
            "scored": labels(lambda spec: spec.model_use is ModelUse.ALLOWED and not spec.protected),
            "protected": labels(lambda spec: spec.protected),
            "sensitive": labels(lambda spec: spec.gdpr_art9),
        },
        "guidance": {"documents": len(assistant.guidance.state)},
        "model": _model(assistant, language),
    }


def _model(assistant: Assistant, language: str) -> dict[str, Any]:
    """The card of the model in use; none when there is none or it is switched off."""
    if assistant.model is None:
        return {"version": None}
    card = Registry(assistant.workspace.models).card(assistant.model.version)
    read = [assistant.catalogue.field_label(name, language) for name in card["fields_read"]]
    return {**{key: card[key] for key in ("version", "quality", "data")}, "fields_read": read}


def _organisation(assistant: Assistant) -> dict[str, str]:
    """What the settings and `organisation.yaml` say; nothing that nobody wrote."""
    settings = assistant.settings
    known = {"name": settings.municipality}
    if settings.contact_name and settings.contact_telephone:
        known["contact"] = f"{settings.contact_name}, {settings.contact_telephone}"
    path = assistant.workspace.folder / ORGANISATION
    if not path.is_file():
        return known
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no YAML that can be read ({str(error).splitlines()[0]}); mend it.") from None
    if not isinstance(given, Mapping):
        raise UserError(f"{path} should hold answers as `key: text`; known keys are {', '.join(sorted(ANSWERS))}.")
    if wrong := sorted(str(key) for key, text in given.items() if key not in ANSWERS or not isinstance(text, str)):
        raise UserError(f"{path}, {wrong[0]!r}: is no known key with a text; known are {', '.join(sorted(ANSWERS))}.")
    return {**known, **given}


def _quarter(since: dt.date | None, until: dt.date | None) -> tuple[dt.date, dt.date]:
    """The days asked for, or this quarter so far."""
    until = until or dt.date.today()
    since = since or until.replace(month=3 * ((until.month - 1) // 3) + 1, day=1)
    if since > until:
        raise UserError(f"--from {since} lies after --to {until}; a period goes forward.")
    return since, until
