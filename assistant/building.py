"""Make a workspace: guidance, earlier cases, a trained model, keys and an empty log."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.settings import Settings
from assistant.store.cipher import Cipher
from assistant.store.engine import Database, open_database, sqlite_url
from assistant.store.history import EarlierCase, HistoryRepository
from assistant.workspace import Workspace, new_workspace
from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.keys import KeyStore, master_from_file, new_master_file
from ethics.log import EthicsLog
from models.history import Episode
from retrieval.cases import CaseIndex, spec_for
from retrieval.guidance import GuidanceIndex
from retrieval.law_refs import LawNames

Progress = Callable[[str, float], None]
"""Called with what is being done and how much of all the work is done, 0 to 1."""

SYNTHETIC = "syntetisk"


def silent(_what: str, _done: float) -> None:
    """No progress shown."""


def build_workspace(
    folder: Path,
    settings: Settings,
    *,
    history: int,
    catalogue_folder: Path | None = None,
    progress: Progress = silent,
) -> None:
    """Make a whole workspace at `folder`, or nothing.

    `history` is how many invented earlier cases to make; 0 for none, and then there is no model either.
    Raises `WorkspaceExistsError`, `CatalogueError`.
    """
    load_catalogue(catalogue_folder)
    with new_workspace(folder) as workspace:
        workspace.settings_file.write_text(settings.to_toml(), encoding="utf-8")
        if catalogue_folder is not None:
            _copy_catalogue(catalogue_folder, workspace.own_catalogue)
        catalogue = workspace.catalogue()
        progress("keys", 0.0)
        keys, log = make_keys_and_log(workspace)
        log.append([NewEntry("RulesVersion", rules_version(catalogue))])
        progress("guidance", 0.02)
        index_guidance(workspace, catalogue, settings)
        database = open_database(sqlite_url(workspace.database))
        try:
            if history:
                make_history(workspace, catalogue, settings, history, database, keys, log, progress)
        finally:
            database.close()
            log.close()
            keys.close()
        progress("done", 1.0)


def _copy_catalogue(source: Path, target: Path) -> None:
    from assistant.core.catalogue import catalogue_files

    target.mkdir()
    for name, text in catalogue_files(source).items():
        (target / name).write_text(text, encoding="utf-8", newline="")


def rules_version(catalogue: Catalogue, approver: str = "opsætning") -> dict[str, Any]:
    """The log entry of a rules version taken into use."""
    return {"version": catalogue.version, "hash": catalogue.version, "approver": approver}


def make_keys_and_log(workspace: Workspace) -> tuple[KeyStore, EthicsLog]:
    """Fresh keys and an empty log."""
    workspace.keys.mkdir(mode=0o700)
    master = new_master_file(workspace.keys / "master.key")
    keys = KeyStore.create(workspace.keys / "keys.db", master)
    signer = Signer.generate("vejviser")
    signer.save(workspace.keys / "log.key")
    (workspace.folder / "log.pub").write_text(signer.key.text + "\n", encoding="utf-8")
    return keys, EthicsLog.create(workspace.ledger, "vejviser", signer, keys=keys)


def open_keys(workspace: Workspace) -> KeyStore:
    """The key store of a workspace."""
    return KeyStore.open(workspace.keys / "keys.db", master_from_file(workspace.keys / "master.key"))


def open_log(workspace: Workspace, keys: KeyStore) -> EthicsLog:
    """The ethics log of a workspace, for writing."""
    return EthicsLog.open(workspace.ledger, Signer.load(workspace.keys / "log.key"), keys=keys)


def encoder_of(settings: Settings) -> Any:
    """The encoder that the settings name; None for lexical search alone."""
    from models.encoder.load import load_encoder

    return load_encoder(settings.encoder)


def index_guidance(workspace: Workspace, catalogue: Catalogue, settings: Settings) -> GuidanceIndex:
    """Index the built-in guidance."""
    from retrieval.documents import built_in_guidance

    index = GuidanceIndex.build(built_in_guidance(), LawNames.of(catalogue.laws), encoder=encoder_of(settings))
    index.save(workspace.guidance)
    return index


def make_history(
    workspace: Workspace,
    catalogue: Catalogue,
    settings: Settings,
    number: int,
    database: Database,
    keys: Cipher,
    log: EthicsLog,
    progress: Progress = silent,
) -> None:
    """Invent earlier cases, store them sealed, index them and train a model on them."""
    from models.synthetic import generate

    progress("history", 0.08)
    episodes = generate(catalogue, number, settings.seed).episodes
    store_history(database, keys, catalogue, episodes, SYNTHETIC)
    progress("index", 0.2)
    index_history(workspace, catalogue, episodes)
    progress("train", 0.25)
    train_model(workspace, catalogue, episodes, settings, log)


def store_history(
    database: Database, keys: Cipher, catalogue: Catalogue, episodes: Sequence[Episode], source: str
) -> None:
    """Keep earlier cases, sealed under each person's key; the same cases again change nothing."""
    rows = [
        EarlierCase(
            source=source,
            external_key=episode.case_id,
            subject=episode.person_id,
            pathway=episode.pathway,
            goal_type=catalogue.pathways[episode.pathway].goal_type,
            decided_on=episode.decided_on,
            outcome_on=episode.outcome_on,
            reached=episode.reached,
            facts={name: _plain(value) for name, value in episode.facts.items()},
            note=episode.note,
        )
        for episode in episodes
    ]
    HistoryRepository(database, keys).add(rows)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def load_history(database: Database, keys: Cipher) -> list[Episode]:
    """Every earlier case that is kept."""
    return [
        Episode(
            person_id=row.subject,
            case_id=row.external_key,
            decided_on=row.decided_on,
            facts={name: _value(value) for name, value in row.facts.items()},
            pathway=row.pathway,
            reached=row.reached,
            outcome_on=row.outcome_on,
            note=row.note,
        )
        for row in HistoryRepository(database, keys).load()
    ]


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def index_history(workspace: Workspace, catalogue: Catalogue, episodes: Sequence[Episode]) -> CaseIndex:
    """Index earlier cases for finding those most alike."""
    index = CaseIndex.build(episodes, spec_for(catalogue.fields.values(), episodes))
    index.save(workspace.history)
    return index


def train_model(
    workspace: Workspace, catalogue: Catalogue, episodes: Sequence[Episode], settings: Settings, log: EthicsLog
) -> dict[str, Any]:
    """Train a model, keep it under its version, and put it in use; the entry is logged first."""
    from eval.metrics.probability import auc, brier_score, expected_calibration_error
    from models.train import train

    trained = train(episodes, catalogue, settings.seed)
    version = trained.model.version
    test = trained.test
    figures = {
        "auc": float(auc(test.reached, test.probability)),
        "brier": float(brier_score(test.reached, test.probability)),
        "ece": float(expected_calibration_error(test.reached, test.probability)),
        "n_test": float(len(test.reached)),
    }
    trained.model.save(workspace.models / version)
    log.append(
        [
            NewEntry(
                "ModelVersion",
                {
                    "version": version,
                    "hash": trained.data_hash,
                    "data_sheet": "models/recipe",
                    "evaluation": figures,
                    "approver": "opsætning",
                },
            )
        ]
    )
    promote(workspace, version)
    return {"version": version, "promoted": True, **figures}


def promote(workspace: Workspace, version: str) -> None:
    """Put a model version in use, at once or not at all."""
    pointer = workspace.models / "promoted.json"
    fresh = pointer.with_suffix(".new")
    fresh.write_text(json.dumps({"version": version}), encoding="utf-8")
    fresh.replace(pointer)


def promoted_version(workspace: Workspace) -> str | None:
    """The model version in use; None when there is no model."""
    pointer = workspace.models / "promoted.json"
    if not pointer.is_file():
        return None
    return str(json.loads(pointer.read_text(encoding="utf-8"))["version"])
