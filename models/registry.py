"""Model versions in a workspace: each in its own folder, one of them in use.

`models/<version>/` holds `model.json`, `card.json` and a card in Markdown per language; `models/promoted.json`
names the one in use. It is replaced in one step, so a reader sees the old one or the new one, never half of one.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.core.errors import MissingError, UserError
from models.pathway_model import FILE, PathwayModel

POINTER = "promoted.json"


class Registry:
    """The models of one workspace, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, model: PathwayModel, card: Mapping[str, Any], texts: Mapping[str, str]) -> Path:
        """Keep a candidate with its card; `texts` maps file names to Markdown. Adding it again changes nothing."""
        place = self.folder / model.version
        place.mkdir(parents=True, exist_ok=True)
        _write(place / "card.json", json.dumps(card, ensure_ascii=False, sort_keys=True, indent=1) + "\n")
        for name, text in texts.items():
            _write(place / name, text)
        model.save(place)
        return place

    def versions(self) -> list[str]:
        """Every version kept, in alphabetical order."""
        if not self.folder.is_dir():
            return []
        return sorted(entry.name for entry in self.folder.iterdir() if (entry / FILE).is_file())

    def promote(self, version: str) -> None:
        """Put a kept version to use; `UserError` for one that is not there."""
        if version not in self.versions():
            raise UserError(f"No model {version!r} in {self.folder}; there is {', '.join(self.versions()) or 'none'}.")
        _write(self.folder / POINTER, json.dumps({"version": version}) + "\n")

    def promoted(self) -> str | None:
        """The version in use, None where no model was ever promoted."""
        pointer = self.folder / POINTER
        if not pointer.is_file():
            return None
        return str(json.loads(pointer.read_text(encoding="utf-8"))["version"])

    def load(self, version: str | None = None) -> PathwayModel:
        """The model in use, or the given version; `MissingError` where there is none."""
        chosen = version or self.promoted()
        if chosen is None:
            raise MissingError(f"No model is in use in {self.folder}; train one with `vejviser train`.")
        return PathwayModel.load(self.folder / chosen)

    def card(self, version: str | None = None) -> dict[str, Any]:
        """The model card as data; `MissingError` where there is none."""
        chosen = version or self.promoted()
        path = self.folder / str(chosen) / "card.json"
        if chosen is None or not path.is_file():
            raise MissingError(f"No model card in {self.folder}; train a model with `vejviser train`.")
        return dict(json.loads(path.read_text(encoding="utf-8")))


def _write(path: Path, text: str) -> None:
    """Write beside and rename, so that nobody reads a half-written file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
