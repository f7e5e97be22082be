"""On what ground may a field be read: a register per law, field, purpose and mode; what is not written is denied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from assistant.core.errors import UserError
from ethics.bilingual import both_languages
from ethics.entry import NewEntry


class RegisterError(UserError):
    """The register of legal bases cannot be used as it is written."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"The register of legal bases {source} cannot be used: {problem}.")


class Reason(StrEnum):
    """Why a reading is allowed or not."""

    BASIS = "basis"
    BLOCKED_PURPOSE = "blocked_purpose"
    UNKNOWN_PURPOSE = "unknown_purpose"
    NO_BASIS = "no_basis"
    NOT_ESTABLISHED = "not_established"
    NOT_IN_FORCE = "not_in_force"
    OTHER_ROLE = "other_role"


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody wants to read, for what: one law, one purpose, one mode, on one date."""

    law: str
    purpose: str
    mode: str
    on: date
    role: str = "caseworker"


@dataclass(frozen=True, slots=True)
class Basis:
    """One ground in the register, and who established it on what document; None means that nobody has."""

    id: str
    laws: tuple[str, ...]
    fields: tuple[str, ...]
    purposes: frozenset[str]
    modes: frozenset[str]
    roles: tuple[str, ...]
    ground: Mapping[str, str]
    established: tuple[str, date, str] | None
    valid_from: date
    valid_to: date | None

    def covers(self, query: Query, field: str) -> bool:
        """Whether this ground speaks of the law, field, purpose and mode, whoever asks and whenever."""
        return (
            query.purpose in self.purposes
            and query.mode in self.modes
            and ("*" in self.laws or query.law in self.laws)
            and any(fnmatchcase(field, pattern) for pattern in self.fields)
        )

    def objection(self, query: Query) -> Reason | None:
        """Why a ground that covers the question still does not allow it, or None."""
        if self.established is None or self.established[1] > query.on:
            return Reason.NOT_ESTABLISHED
        if not self.valid_from <= query.on or (self.valid_to is not None and query.on > self.valid_to):
            return Reason.NOT_IN_FORCE
        return None if "*" in self.roles or query.role in self.roles else Reason.OTHER_ROLE


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether one field may be read, on which ground, and why (not)."""

    allowed: bool
    reason: Reason
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class LegalRegister:
    """Every ground that the municipality has, and the purposes it will never have one for."""

    bases: tuple[Basis, ...]
    purposes: Mapping[str, Mapping[str, str]]
    blocked: Mapping[str, Mapping[str, str]]
    hash: str

    @classmethod
    def parse(cls, text: str, source: str = "register") -> LegalRegister:
        """Read the YAML of `data/legal_basis.yaml`; raises `RegisterError` naming the basis and key at fault."""
        try:
            read = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError) as error:  # a date like 2026-13-31 is a ValueError
            raise RegisterError(source, f"it is no YAML that can be read ({str(error).splitlines()[0]})") from error
        if not isinstance(read, dict) or read.get("version") != 1:
            raise RegisterError(source, "it does not begin with `version: 1`")
        purposes, blocked = _texts(read, "purposes", source), _texts(read, "blocked_purposes", source)
        if both := sorted(purposes.keys() & blocked.keys()):
            raise RegisterError(source, f"the purpose `{both[0]}` is both allowed and blocked")
        bases = tuple(_basis(item, source) for item in read.get("bases") or ())
        for basis in bases:
            if unknown := sorted(basis.purposes - purposes.keys()):
                raise RegisterError(
                    source, f"the basis `{basis.id}` has the purpose `{unknown[0]}`, which is not allowed"
                )
        if len({basis.id for basis in bases}) != len(bases):
            raise RegisterError(source, "two bases have the same id")
        return cls(bases, purposes, blocked, sha256(text.encode()).hexdigest())

    @classmethod
    def load(cls, path: Path) -> LegalRegister:
        """Read the municipality's own register."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise RegisterError(str(path), "the file cannot be read") from error

    @classmethod
    def built_in(cls) -> LegalRegister:
        """The register that comes with the program: invented people, and ordinary casework without prediction."""
        return cls.parse(cls.built_in_text(), "legal_basis.yaml")

    @staticmethod
    def built_in_text() -> str:
        """The YAML of the register that comes with the program, for a municipality to make its own copy of."""
        return (resources.files("ethics") / "data" / "legal_basis.yaml").read_text(encoding="utf-8")

    def permitted(
        self, law: str, field: str, purpose: str, mode: str, on: date, role: str = "caseworker"
    ) -> Permission:
        """Whether a field may be read for a purpose under a law; denied unless a ground says otherwise."""
        return self.judge(Query(law, purpose, mode, on, role), field)

    def judge(self, query: Query, field: str) -> Permission:
        """As `permitted`, for a question put together beforehand."""
        if query.purpose in self.blocked:
            return Permission(False, Reason.BLOCKED_PURPOSE)
        if query.purpose not in self.purposes:
            return Permission(False, Reason.UNKNOWN_PURPOSE)
        nearest = Permission(False, Reason.NO_BASIS)
        for basis in self.bases:
            if basis.covers(query, field):
                objection = basis.objection(query)
                if objection is None:
                    return Permission(True, Reason.BASIS, basis.id)
                if nearest.reason is Reason.NO_BASIS:
                    nearest = Permission(False, objection, basis.id)
        return nearest

    def judge_all(self, query: Query, fields: Iterable[str]) -> dict[str, Permission]:
        """The permission for each field, in the order given."""
        return {field: self.judge(query, field) for field in fields}


def access_entries(
    query: Query, permissions: Mapping[str, Permission], subject: str, area: str, ref: str | None = None
) -> list[NewEntry]:
    """What to log about a reading: one `DataAccess` for each ground, or one `PurposeCode` for a blocked purpose.

    Fields that were denied are named as masked, never read.
    """
    if any(p.reason in (Reason.BLOCKED_PURPOSE, Reason.UNKNOWN_PURPOSE) for p in permissions.values()):
        blocked = any(p.reason is Reason.BLOCKED_PURPOSE for p in permissions.values())
        reason = Reason.BLOCKED_PURPOSE if blocked else Reason.UNKNOWN_PURPOSE
        body = {
            "purpose": query.purpose,
            "allowed": False,
            "blocked": blocked,
            "role": query.role,
            "reason": reason.value,
        }
        return [NewEntry("PurposeCode", body, ref=ref, subject=subject)]
    masked = [field for field, permission in permissions.items() if not permission.allowed]
    grounds = sorted({p.basis for p in permissions.values() if p.allowed and p.basis})
    entries = []
    for number, basis in enumerate(grounds or [None]):
        fields = [field for field, p in permissions.items() if p.allowed and p.basis == basis]
        body = _access_body(query, area, fields, masked if number == 0 else [])
        if basis:
            body["basis"] = basis
        if fields or masked:
            entries.append(NewEntry("DataAccess", body, ref=ref, subject=subject))
    return entries


def _access_body(query: Query, area: str, fields: Sequence[str], masked: Sequence[str]) -> dict[str, Any]:
    return {
        "fields": list(fields),
        "area": area,
        "purpose": query.purpose,
        "law": query.law,
        "role": query.role,
        "masked": len(masked),
        "masked_fields": list(masked),
    }


def _texts(read: Mapping[str, Any], key: str, source: str) -> dict[str, Mapping[str, str]]:
    value = read.get(key)
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise RegisterError(source, f"`{key}` should say for each purpose what it means")
    try:
        return {name: both_languages(text) for name, text in value.items()}
    except ValueError as error:
        raise RegisterError(source, f"`{key}` should say for each purpose what it means: {error}") from error


def _basis(item: Any, source: str) -> Basis:
    name = item.get("id") if isinstance(item, dict) else None
    if not isinstance(name, str):
        raise RegisterError(source, "a basis has no `id`")

    def names(key: str) -> tuple[str, ...]:
        value = item.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise RegisterError(source, f"the basis `{name}` needs a list of names in `{key}`")
        return tuple(value)

    def day(holder: Mapping[str, Any], key: str, required: bool) -> date | None:
        value = holder.get(key)
        if type(value) is date or (value is None and not required):
            return value
        raise RegisterError(source, f"the basis `{name}` needs a date like 2026-11-22 in `{key}`")

    try:
        ground = both_languages(item.get("ground"))
    except ValueError as error:
        raise RegisterError(source, f"the basis `{name}` does not say its `ground`: {error}") from error
    who = item.get("established")
    established = None
    if who is not None:
        if not isinstance(who, dict) or not all(isinstance(who.get(k), str) and who[k] for k in ("by", "document")):
            raise RegisterError(source, f"the basis `{name}` must say in `established` by whom and on what document")
        established = (who["by"], day(who, "date", required=True) or date.max, who["document"])
    return Basis(
        name,
        names("laws"),
        names("fields"),
        frozenset(names("purposes")),
        frozenset(names("modes")),
        names("roles"),
        ground,
        established,
        day(item, "valid_from", required=True) or date.max,
        day(item, "valid_to", required=False),
    )
