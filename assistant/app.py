"""The assistant: one case in, one explained and logged suggestion out; a named human decides.

This is the composition point of the rooms: everything above (command line, pages, evaluations) talks to
`Assistant` and to nothing below it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant import building
from assistant.core.cases import Located, case_to_json, parse_case
from assistant.core.catalogue import Catalogue
from assistant.core.consider import Considered, consider
from assistant.core.domain import Case, Mode, ModelUse, Outcome
from assistant.core.errors import CheckFailedError, MissingError, UserError
from assistant.core.settings import Settings
from assistant.derive import Frame, Suggestion, derive, new_case_id, new_suggestion_id, score_refusals
from assistant.evidence import (
    Evidence,
    evidence_from_json,
    gather_past,
    gather_quotes,
    gather_support,
    score_facts,
)
from assistant.importing import import_files, imported_history
from assistant.records import DECISION, SUGGESTION, suggestion_bytes, suggestion_entries
from assistant.store.cases import CaseRecord, CaseRepository, StoredCase
from assistant.store.decisions import Decision, DecisionRepository
from assistant.store.engine import Database, open_database, sqlite_url
from assistant.store.erase import compact, erase_subject
from assistant.store.errors import AlreadyDecidedError, StaleCaseError, UnknownRecordError
from assistant.workspace import Workspace, readable
from ethics.entry import Entry, NewEntry
from ethics.erasure import erase as erase_person
from ethics.keys import KeyStore
from ethics.legal_basis import LegalRegister, Query
from ethics.log import EthicsLog
from ethics.report import Report
from ethics.switches import ALL, LiveSwitches, Scope, restore, suspend
from explain.document import Document
from explain.readers import explanation_document, rendered
from explain.view import Contact, ExplanationView
from explain.view_build import explanation_view
from models.history import Episode
from models.pathway_model import PathwayModel
from retrieval.cases import CaseIndex
from retrieval.guidance import GuidanceIndex, Hit
from retrieval.law_refs import LawNames

if TYPE_CHECKING:
    from assistant.publishing import Draft

NO_PATHWAY = "none"
"""What a decision names when no pathway is chosen."""

DEFAULT_UNIT = "fælles"

SAVE_TRIES = 5
"""How often a case is read again when other programs keep saving it first."""


class UnknownSuggestionError(UserError):
    """No suggestion of that id was ever logged here."""

    def __init__(self, suggestion_id: str) -> None:
        super().__init__(f"There is no suggestion {suggestion_id[:40]!r} in this workspace's log; check the id.")


class UnknownPathwayError(UserError):
    """A decision names a pathway that the catalogue does not have."""

    def __init__(self, pathway: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no pathway {pathway[:60]!r}; use 'none' or one of {', '.join(known)}.")


class ReasonMissingError(UserError):
    """A decision without a reason."""

    def __init__(self) -> None:
        super().__init__("A decision needs a reason in words; give it with --reason.")


class Recorded(NamedTuple):
    """A suggestion as it was logged, with all it rests on."""

    entry: Entry
    suggestion: Suggestion
    case: Mapping[str, Any]
    evidence: Evidence
    frame: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replay:
    """Whether a suggestion came out the same again, and what differed if not."""

    suggestion_id: str
    same: bool
    full: bool
    differences: tuple[str, ...]


class Assistant:
    """An open workspace. Parts are loaded when first used; close it when done."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.settings: Settings = workspace.settings()
        self.catalogue: Catalogue = workspace.catalogue()
        self._labels: dict[tuple[str, str], str] = {}
        self._register_read: tuple[tuple[int, int], LegalRegister] | None = None

    def close(self) -> None:
        """Close the files that were opened."""
        for name in ("log", "database", "keys"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---------------------------------------------------------------- parts

    @cached_property
    def keys(self) -> KeyStore:
        """The keys of the people in the workspace."""
        return building.open_keys(self.workspace)

    @cached_property
    def log(self) -> EthicsLog:
        """The ethics log."""
        return building.open_log(self.workspace, self.keys)

    @cached_property
    def database(self) -> Database:
        """Cases, decisions and earlier cases."""
        return open_database(sqlite_url(self.workspace.database))

    @cached_property
    def cases(self) -> CaseRepository:
        """The case store."""
        return CaseRepository(self.database, self.keys)

    @cached_property
    def decisions(self) -> DecisionRepository:
        """The decisions that humans made."""
        return DecisionRepository(self.database, self.keys)

    @cached_property
    def guidance(self) -> GuidanceIndex:
        """The guidance index."""
        encoder = building.encoder_of(self.settings)
        with readable(self.workspace.guidance):
            return GuidanceIndex.load(self.workspace.guidance, LawNames.of(self.catalogue.laws), encoder=encoder)

    @cached_property
    def history(self) -> CaseIndex | None:
        """The index of earlier cases; None when there is no history."""
        try:
            with readable(self.workspace.history):
                return CaseIndex.load(self.workspace.history)
        except MissingError:
            return None

    @cached_property
    def model(self) -> PathwayModel | None:
        """The model in use; None when there is none or it is switched off."""
        with readable(self.workspace.models):
            version = None if self.settings.model_off else building.promoted_version(self.workspace)
        return None if version is None else self._load_model(version)

    def _load_model(self, version: str) -> PathwayModel:
        with readable(self.workspace.models / version):
            return PathwayModel.load(self.workspace.models / version)

    @cached_property
    def _versions(self) -> dict[str, str | None]:
        return {
            "rules": self.catalogue.version,
            "model": self.model.version if self.model else None,
            "guidance": self.guidance.version,
            "history": self.history.version if self.history else None,
        }

    # ---------------------------------------------------------------- suggest

    def read_case(
        self, located: Located, *, as_of: dt.date | None = None, area: str | None = None, number: int = 1
    ) -> Case:
        """One case from one JSON document; `as_of` wins over the document's own date."""
        case = parse_case(
            located, self.catalogue, today=as_of or dt.date.today(), area=area, fallback_id=new_case_id(os.urandom(6))
        )
        if as_of is not None and case.today != as_of:
            data = {**located.data, "today": as_of.isoformat()}
            case = parse_case(Located(located.where, data), self.catalogue, today=as_of, area=area, fallback_id=case.id)
        return case

    def suggest(self, case: Case, *, record: bool = True, model_off: bool = False) -> Suggestion:
        """A suggestion for one case; when it is recorded, it is durable in the log before it is returned."""
        frame = self._frame(case, model_off=model_off)
        considered = consider(case, self.catalogue)
        evidence = self._gather(considered, frame)
        suggestion = derive(new_suggestion_id(case.id, os.urandom(16)), considered, evidence, frame)
        if not record:
            return {**suggestion, "ledger": None}
        self._save_case(case)
        entries = suggestion_entries(
            suggestion, considered, evidence, self.catalogue, _frame_json(frame), self._register()
        )
        done = self.log.append(entries)[-1]
        return {**suggestion, "ledger": _ledger_part(done.index, done.leaf_hash, done.checkpoint)}

    def _frame(self, case: Case, *, model_off: bool = False) -> Frame:
        model = None if model_off else self.model
        return Frame(
            catalogue=self.catalogue,
            model=model,
            mode=self.settings.mode,
            with_basis=self.scoring_allowed(case.role, case.today),
            versions={**self._versions, "model": model.version if model else None},
            suspended=self.suspended(),
            questions=self.settings.questions,
            labels=self._labels,
        )

    def _register(self) -> LegalRegister:
        """The register of legal bases as it stands in the workspace now; read again when the file changed."""
        path = self.workspace.legal_basis
        try:
            stamp = (path.stat().st_mtime_ns, path.stat().st_size)
        except FileNotFoundError:
            raise MissingError(f"There is no register of legal bases at {path}; restore it from a backup.") from None
        if self._register_read is None or self._register_read[0] != stamp:
            self._register_read = (stamp, LegalRegister.load(path))
        return self._register_read[1]

    def scoring_allowed(self, role: str, on: dt.date) -> frozenset[str]:
        """The pathways for which the register holds a basis to score, for every field a score may read.

        The law of the pathway's first section is the one that decides.
        """
        register = self._register()
        scoring = [n for n, f in self.catalogue.fields.items() if f.model_use is ModelUse.ALLOWED and not f.protected]
        allowed = {}
        for law in {pathway.legal_basis[0].law for pathway in self.catalogue.pathways.values()}:
            query = Query(law=law, purpose="scoring", mode=self.settings.mode.value, on=on, role=role)
            allowed[law] = all(p.allowed for p in register.judge_all(query, scoring).values())
        return frozenset(key for key, p in self.catalogue.pathways.items() if allowed[p.legal_basis[0].law])

    @cached_property
    def _switches(self) -> LiveSwitches:
        return LiveSwitches(self.log)

    def suspended(self) -> frozenset[str]:
        """What the board has switched off, asked of the log each time so that it holds in every process."""
        off = self._switches.now().suspended
        return frozenset(one.scope.kind if one.scope.kind in ("all", "model") else one.scope.id for one in off)

    def _gather(self, considered: Considered, frame: Frame) -> Evidence:
        if considered.stopped:
            return Evidence()
        facts = score_facts(considered, frame.catalogue)
        refused = score_refusals(considered, frame)
        scored = [key for key in considered.assessments if key not in refused]
        case = considered.case
        past = (
            gather_past(self.history, facts, scored, k=self.settings.neighbours, today=case.today, person=case.id)
            if self.history is not None and scored
            else {}
        )
        # Asked for every pathway: relevance is measured against the best passage searched, so asking only for the open
        # ones would let a fact that opens one pathway move another's score.
        asked = list(frame.catalogue.pathways)
        everywhere = gather_support(self.guidance, facts, asked, frame.catalogue, case.today) if scored else {}
        support = {key: everywhere[key] for key in scored if key in everywhere}
        quotes, withheld = gather_quotes(
            self.guidance, considered, frame.catalogue, per_pathway=self.settings.passages_per_pathway
        )
        return Evidence(past=past, support=support, quotes=quotes, withheld_quotes=withheld)

    def _save_case(self, case: Case) -> StoredCase:
        """Keep the case as it was asked about; where another program saves it at the same moment, look again."""
        for _ in range(SAVE_TRIES - 1):
            try:
                return self._save_after_newest(case)
            except StaleCaseError:
                continue
        return self._save_after_newest(case)

    def _save_after_newest(self, case: Case) -> StoredCase:
        facts = case_to_json(case)
        try:
            stored = self.cases.get(case.id)
        except UnknownRecordError:
            return self.cases.save(
                CaseRecord(case_id=case.id, subject=case.id, unit=DEFAULT_UNIT, facts=facts), 0, case.role
            )
        if stored.record.facts == facts:
            return stored
        record = CaseRecord(
            case_id=case.id,
            subject=case.id,
            unit=stored.record.unit,
            facts=facts,
            note=stored.record.note,
            owner=stored.record.owner,
            stand_in=stored.record.stand_in,
            status=stored.record.status,
            deadline=stored.record.deadline,
            next_date=stored.record.next_date,
        )
        return self.cases.save(record, stored.version, case.role)

    # ---------------------------------------------------------------- look up

    def recorded(self, suggestion_id: str) -> Recorded:
        """A suggestion as logged. Raises `UnknownSuggestionError`, or the log's own error when erased."""
        entries = self.log.find(type=SUGGESTION, ref=suggestion_id)
        if not entries:
            raise UnknownSuggestionError(suggestion_id)
        entry = entries[0]
        payload = json.loads(self.log.payload(entry.index))
        return Recorded(
            entry, payload["suggestion"], payload["case"], evidence_from_json(payload["evidence"]), payload["frame"]
        )

    def shown(self, suggestion_id: str) -> Suggestion:
        """The suggestion with its place in the log."""
        recorded = self.recorded(suggestion_id)
        head = self.log.checkpoint_at_least(recorded.entry.index + 1)
        part = _ledger_part(recorded.entry.index, recorded.entry.leaf_hash, head.note)
        return {**recorded.suggestion, "ledger": part}

    def search(self, query: str, *, k: int = 10, as_of: dt.date | None = None, corpus: str | None = None) -> list[Hit]:
        """Guidance that answers a query."""
        return self.guidance.search(query, k, as_of or dt.date.today(), corpus)

    # ---------------------------------------------------------------- decide

    def decide(
        self,
        suggestion_id: str,
        pathway: str,
        reason: str,
        by: str,
        *,
        if_version: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Record the human decision; the assistant never decides.

        Raises `UnknownSuggestionError`, `UnknownPathwayError`, `ReasonMissingError`, and the store's errors when
        the suggestion is already decided or someone changed the case meanwhile.
        """
        recorded = self.recorded(suggestion_id)
        if pathway != NO_PATHWAY and pathway not in self.catalogue.pathways:
            raise UnknownPathwayError(pathway, sorted(self.catalogue.pathways))
        if not reason.strip():
            raise ReasonMissingError
        if not by.strip():
            raise UserError("A decision needs the person who made it; give it with --by.")
        suggestion = recorded.suggestion
        first = next((item["pathway"] for item in suggestion["assessments"] if item["order"] == 1), None)
        outcome = _decision_outcome(pathway, first, suggestion["outcome"])
        chosen = None if pathway == NO_PATHWAY else pathway
        decision = Decision(
            suggestion_id=suggestion_id,
            case_id=suggestion["case_id"],
            subject=suggestion["case_id"],
            pathway=chosen,
            reason=reason,
            decided_by=by,
            details=dict(details or {}),
        )
        try:
            self.decisions.record(decision, if_case_version=if_version)
        except AlreadyDecidedError:
            # A crash between store and log leaves a decision unlogged; the same decision again finishes it.
            kept = self.decisions.latest(suggestion_id)
            if kept is None or kept.decision != decision or self.log.find(type=DECISION, ref=suggestion_id):
                raise
        body: dict[str, Any] = {"outcome": outcome, "reason": "given_in_words", "role": "caseworker"}
        if chosen is not None:
            body["pathway"] = chosen
        if first is not None:
            body["suggested"] = first
        payload = json.dumps({"reason": reason, "by": by, "details": dict(details or {})}, ensure_ascii=False)
        entry = NewEntry(DECISION, body, suggestion_id, suggestion["case_id"], payload.encode())
        done = self.log.append([entry])[0]
        return {
            "suggestion_id": suggestion_id,
            "pathway": chosen,
            "outcome": outcome,
            "by": by,
            "ledger": _ledger_part(done.index, done.leaf_hash, done.checkpoint),
        }

    # ---------------------------------------------------------------- explain

    def explain(
        self, suggestion_id: str, *, reader: str = "caseworker", language: str = "da", form: str = "text"
    ) -> bytes:
        """A finished explanation for one reader; that it was given is logged before it is returned.

        Raises `UnknownSuggestionError`, and an error for a reader, language or form that there is none of.
        """
        document, view = self.explanation(suggestion_id, reader, language)
        content = rendered(document, form, view)
        body = {"audience": reader, "language": language, "format": form}
        self.log.append([NewEntry("ExplanationGiven", body, suggestion_id, view.case_id, content)])
        return content

    def explanation(self, suggestion_id: str, reader: str, language: str = "da") -> tuple[Document, ExplanationView]:
        """An explanation as a document, and what it was written from; nothing is logged, so it is not yet given.

        Raises `UnknownSuggestionError`, and `CheckFailedError` when the rules it was made under are gone.
        """
        recorded = self.recorded(suggestion_id)
        catalogue = self._catalogue_of(recorded.suggestion["versions"]["rules"])
        considered = consider(self._case_of(recorded, catalogue), catalogue)
        view = explanation_view(
            self.shown(suggestion_id),
            considered.view.facts,
            catalogue,
            contact=Contact(
                name=self.settings.contact_name or None,
                telephone=self.settings.contact_telephone or None,
                municipality=self.settings.municipality,
            ),
            texts=considered.usable_texts,
        )
        return explanation_document(view, catalogue, reader, language), view

    def access(self, case_id: str, *, form: str = "json", language: str = "da", by: str = "kommunen") -> bytes:
        """Everything held and done about one citizen, for that citizen; that it was handed out is logged.

        Raises `NothingHeldError` for a case that was never here or is erased, and `UserError` for an unknown form.
        """
        from assistant.access_answer import answer

        return answer(self, case_id, form=form, language=language, by=by)

    def _case_of(self, recorded: Recorded, catalogue: Catalogue) -> Case:
        where = f"suggestion {recorded.suggestion['suggestion_id']}"
        return parse_case(
            Located(where, recorded.case), catalogue, today=dt.date.today(), fallback_id=recorded.suggestion["case_id"]
        )

    # ---------------------------------------------------------------- what people do

    def note_event(
        self, kind: str, body: Mapping[str, Any], suggestion_id: str | None = None, payload: bytes | None = None
    ) -> dict[str, Any]:
        """Log something that happened around a suggestion: an objection, a notice, an understanding check.

        Raises the log's error when the record type is unknown or the body does not fit it.
        """
        subject = None if suggestion_id is None else self.recorded(suggestion_id).suggestion["case_id"]
        done = self.log.append([NewEntry(kind, body, suggestion_id, subject, payload)])[0]
        return _ledger_part(done.index, done.leaf_hash, done.checkpoint)

    def suspend(self, kind: str, scope: str, *, by: str, why: str, drill: bool = False) -> dict[str, Any]:
        """Switch off `all`, the `model`, a `law` or a `pathway`, at once in every process."""
        return self._switch("suspend", kind, scope, by, why, drill)

    def restore(self, kind: str, scope: str, *, by: str, why: str, drill: bool = False) -> dict[str, Any]:
        """Switch on again what was suspended."""
        return self._switch("restore", kind, scope, by, why, drill)

    def _switch(self, action: str, kind: str, scope: str, by: str, why: str, drill: bool) -> dict[str, Any]:
        if kind == "pathway" and scope not in self.catalogue.pathways:
            raise UnknownPathwayError(scope, sorted(self.catalogue.pathways))
        change = suspend if action == "suspend" else restore
        done = change(self.log, Scope(kind, ALL if kind == ALL else scope), by, why, drill)
        return _ledger_part(done.index, done.leaf_hash, done.checkpoint)

    # ---------------------------------------------------------------- bring in and train

    def import_guidance(self, paths: Sequence[Path], *, corpus: str = "") -> list[dict[str, Any]]:
        """Read files and folders into the guidance; the others land when one fails.

        Each result is `{file, status, documents, problem}`. Raises `UserError` when a path holds no files at all.
        """
        try:
            return import_files(self.workspace, self.guidance, self.log, paths, corpus)
        except BaseException:
            self.__dict__.pop("guidance", None)  # it holds what was not stored
            raise
        finally:
            self.__dict__.pop("_versions", None)

    def import_history(self, file: Path, mapping: Path) -> dict[str, Any]:
        """Read earlier cases as the mapping says and keep them, sealed; the same file again changes nothing.

        Rows that cannot be read are named with their line and left out. Raises `UserError` when none can be read.
        """
        from models.import_history import read_history
        from models.mapping import read_mapping

        parsed = read_history(file, read_mapping(mapping, self.catalogue), self.catalogue)
        if not parsed.episodes:
            raise UserError(f"{file}: no row could be read. " + "; ".join(parsed.errors[:3]))
        added = building.store_history(self.database, self.keys, self.catalogue, parsed.episodes, file.name)
        building.index_history(self.workspace, self.catalogue, self.earlier_cases())
        for name in ("history", "_versions"):
            self.__dict__.pop(name, None)
        self.log.append(
            [imported_history(file, len(parsed.episodes), len(parsed.errors), str(self._versions["history"]))]
        )
        return {
            "file": str(file),
            "new": added.new,
            "changed": added.changed,
            "unchanged": added.unchanged,
            "passed_over": parsed.passed_over,
            "problems": parsed.errors,
        }

    def earlier_cases(self) -> list[Episode]:
        """Every earlier case that is kept, opened."""
        return building.load_history(self.database, self.keys)

    def train(self, *, without: Sequence[str] = ()) -> dict[str, Any]:
        """Train on the earlier cases that are kept, and take the model into use if it passes every gate.

        `without` leaves fields out to see what that costs; such a model is never taken into use by itself.
        """
        if unknown := [name for name in without if name not in self.catalogue.fields]:
            raise UserError(f"There is no field {unknown[0]!r} in the catalogue; --without names fields of it.")
        episodes = self.earlier_cases()
        report = building.train_model(
            self.workspace,
            self.catalogue,
            episodes,
            self.settings,
            self.log,
            guidance=self.guidance,
            without=without,
        )
        for name in ("model", "_versions"):
            self.__dict__.pop(name, None)
        return report

    # ---------------------------------------------------------------- audit

    def audit(
        self,
        cases: Sequence[Case] | None = None,
        *,
        most: int = 20,
        language: str = "da",
        progress: Callable[[str], None] = lambda _what: None,
    ) -> dict[str, Any]:
        """Figures by group, attribute swaps, use and drift, logged before they are returned.

        Swaps are tried on `cases`, or on the `most` newest suggested ones when None.
        """
        from assistant.auditing import run_audit, stored_cases

        return run_audit(self, stored_cases(self, most) if cases is None else cases, language, progress)

    # ---------------------------------------------------------------- public records

    def public_record(
        self, form: str, language: str = "da", *, since: dt.date | None = None, until: dt.date | None = None
    ) -> Draft:
        """A draft for a public register or an assessment; what the system cannot know is a marked blank.

        Raises `UserError` for an unknown format, `MissingError` for the card of a model that there is not.
        """
        from assistant.publishing import draft

        return draft(self, form, language, since=since, until=until)

    # ---------------------------------------------------------------- erase

    def erase(self, case_id: str, *, reason: str, by: str, filing_receipt: str) -> dict[str, Any]:
        """Destroy a person's key and every derived copy. Raises the log's error without a filing receipt."""

        def from_history() -> None:
            if self.history is not None and self.history.remove_person(case_id):
                self.history.save(self.workspace.history)

        def from_store() -> None:
            erase_subject(self.database, case_id)

        code = reason if re.fullmatch(r"[a-zæøå0-9_.-]{1,60}", reason) else "given_in_words"
        done = erase_person(
            self.log,
            case_id,
            reason=code,
            by=by,
            filing_receipt=filing_receipt,
            copies=[("store", from_store), ("history", from_history)],
        )
        compact(self.database)
        self.log.compact()
        return {"case_id": case_id, "entry": done.done.index, "ordered": done.ordered.index}

    # ---------------------------------------------------------------- replay

    def replay(self, suggestion_id: str, *, full: bool = False) -> Replay:
        """Derive a suggestion again, from the recorded evidence (or, `full`, with the retrieval repeated too).

        Raises `CheckFailedError` naming the version when the rules or the model it was made with are gone.
        """
        recorded = self.recorded(suggestion_id)
        versions = recorded.suggestion["versions"]
        catalogue = self._catalogue_of(versions["rules"])
        frame = Frame(
            catalogue=catalogue,
            model=self._model_of(versions["model"]),
            mode=Mode(recorded.suggestion["mode"]),
            with_basis=frozenset(recorded.frame["with_basis"]),
            versions=versions,
            suspended=frozenset(recorded.frame["suspended"]),
            questions=recorded.frame["questions"],
        )
        considered = consider(self._case_of(recorded, catalogue), catalogue)
        differences = []
        evidence = recorded.evidence
        if full:
            evidence = self._gather(considered, frame)
            differences = _causes(recorded.evidence, evidence, versions, self._versions)
        again = derive(suggestion_id, considered, evidence, frame)
        same = suggestion_bytes(again) == suggestion_bytes(recorded.suggestion)
        if not same and not differences:
            differences = [key for key in recorded.suggestion if again.get(key) != recorded.suggestion[key]]
        return Replay(suggestion_id, same, full, tuple(differences))

    def _catalogue_of(self, version: str) -> Catalogue:
        if version == self.catalogue.version:
            return self.catalogue
        found = self.workspace.catalogue_of(version)
        if found is None:
            raise CheckFailedError(f"The rules version {version} is gone from the workspace; it cannot be replayed.")
        return found

    def _model_of(self, version: str | None) -> PathwayModel | None:
        if version is None:
            return None
        folder = self.workspace.models / version
        if not folder.is_dir():
            raise CheckFailedError(f"The model version {version} is gone from the workspace; it cannot be replayed.")
        in_use = self.model
        return in_use if in_use is not None and in_use.version == version else self._load_model(version)

    # ---------------------------------------------------------------- ledger

    def verify(self, outside: Sequence[str] = ()) -> Report:
        """Check the whole log against itself and against checkpoints kept outside."""
        return self.log.verify(outside)


def _ledger_part(entry: int, leaf_hash: str, checkpoint: str) -> dict[str, Any]:
    return {"entry": entry, "leaf_hash": leaf_hash, "checkpoint": checkpoint}


def _frame_json(frame: Frame) -> dict[str, Any]:
    return {
        "suspended": sorted(frame.suspended),
        "questions": frame.questions,
        "with_basis": sorted(frame.with_basis),
    }


def _decision_outcome(pathway: str, first: str | None, outcome: str) -> str:
    if pathway == NO_PATHWAY:
        nothing = outcome != Outcome.SUGGEST.value
        return "followed" if nothing and first is None else "none"
    return "followed" if pathway == first else "changed"


def _causes(
    before: Evidence, now: Evidence, then: Mapping[str, str | None], today: Mapping[str, str | None]
) -> list[str]:
    causes = []
    for part, version in (("past", "history"), ("support", "guidance"), ("quotes", "guidance")):
        if before.to_json()[part] != now.to_json()[part]:
            changed = then[version] != today[version]
            why = (
                f"the {version} version is now {today[version]}, it was {then[version]}" if changed else "same version"
            )
            causes.append(f"{part}: {why}")
    return causes
