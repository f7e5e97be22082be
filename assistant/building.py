"""Make a workspace: guidance, earlier cases, a trained model, keys and an empty log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.settings import Settings
from assistant.store.cipher import Cipher
from assistant.store.engine import Database, open_database, sqlite_url
from assistant.store.history import Added, EarlierCase, HistoryRepository
from assistant.workspace import Workspace, new_workspace
from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.keys import KeyStore
from ethics.legal_basis import LegalRegister
from ethics.log import EthicsLog
from ethics.masters import master_from_file, new_master_file
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
    warn: Callable[[str], None] = lambda _text: None,
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
        workspace.legal_basis.write_text(LegalRegister.built_in_text(), encoding="utf-8")
        progress("keys", 0.0)
        keys, log = make_keys_and_log(workspace)
        log.append([NewEntry("RulesVersion", rules_version(catalogue))])
        progress("guidance", 0.02)
        guidance = index_guidance(workspace, catalogue, settings)
        database = open_database(sqlite_url(workspace.database))
        try:
            if history:
                episodes = make_history(workspace, catalogue, settings, history, database, keys, progress)
                progress("train", 0.25)
                report = train_model(workspace, catalogue, episodes, settings, log, guidance=guidance)
                if not report["promoted"]:
                    failed = [gate["name"] for gate in report["gates"] if not gate["passed"]]
                    warn(
                        f"The model is not in use: it failed {', '.join(failed)}. Rules and guidance work without one."
                    )
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
    progress: Progress = silent,
) -> list[Episode]:
    """Invent earlier cases, store them sealed and index them."""
    from models.synthetic import generate

    progress("history", 0.08)
    episodes = generate(catalogue, number, settings.seed).episodes
    store_history(database, keys, catalogue, episodes, SYNTHETIC)
    progress("index", 0.2)
    index_history(workspace, catalogue, episodes)
    return episodes


def store_history(
    database: Database, keys: Cipher, catalogue: Catalogue, episodes: Sequence[Episode], source: str
) -> Added:
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
    return HistoryRepository(database, keys).add(rows)


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
    workspace: Workspace,
    catalogue: Catalogue,
    episodes: Sequence[Episode],
    settings: Settings,
    log: EthicsLog,
    *,
    guidance: GuidanceIndex | None = None,
    without: Sequence[str] = (),
) -> dict[str, Any]:
    """Train a model, run the release gates, and take it into use only if every gate holds; all of it is logged.

    A refused model leaves the one in use as it was.
    """
    from models.evidence import EvidenceSource
    from models.registry import Registry
    from models.release import Plan, train_and_release

    support = None if guidance is None else training_support(guidance, catalogue)
    plan = Plan(seed=settings.seed, without=tuple(without), promote=not without)
    released = train_and_release(
        episodes, catalogue, Registry(workspace.models), plan, EvidenceSource(guidance_support=support)
    )
    gates = [gate.as_mapping() for gate in released.decision.gates]
    log.append([NewEntry("ModelVersion", model_version(released.version, released.trained.data_hash, gates))])
    return {
        "version": released.version,
        "promoted": released.promoted,
        "gates": [{key: gate[key] for key in ("name", "passed", "figure", "limit")} for gate in gates],
        "left_out": released.trained.left_out,
        "without": list(without),
    }


def model_version(version: str, data_hash: str, gates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The log entry of a model that was trained: its figures, and whether it was taken into use."""
    figures = {f"{gate['name']}.{key}": float(gate[key]) for gate in gates for key in ("figure", "limit")}
    figures["gates_passed"] = float(sum(gate["passed"] for gate in gates))
    figures["gates"] = float(len(gates))
    return {
        "version": version,
        "hash": data_hash,
        "data_sheet": f"models/{version}/card.json",
        "evaluation": figures,
        "approver": "release-gates",
    }


SUPPORT_SAMPLE = 5
"""Every fifth earlier case has its guidance support worked out for training; for the others it is unknown."""


def training_support(guidance: GuidanceIndex, catalogue: Catalogue) -> Callable[[Any, str], float]:
    """Guidance support of an earlier case, measured as a suggestion measures it, on a sample of the cases.

    A search for each of 20,000 cases would take most of a minute and moves the curve no further.
    """
    from assistant.evidence import allowed_values, guidance_query
    from explain.game import support

    def measured(facts: Any, pathway: str) -> float:
        values = allowed_values({name: value for name, value in facts.items() if value is not None}, catalogue)
        query = guidance_query(values, catalogue)
        if int(hashlib.sha256(query.encode()).hexdigest()[:8], 16) % SUPPORT_SAMPLE:
            return float("nan")
        best = guidance.support_all(query, catalogue.pathways)[pathway]
        return support([relevance for _, relevance in best])

    return measured


def promoted_version(workspace: Workspace) -> str | None:
    """The model version in use; None when there is no model."""
    from models.registry import Registry

    return Registry(workspace.models).promoted()
