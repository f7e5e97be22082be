"""The workspace: the one folder that holds what a run makes, made whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.core.catalogue import Catalogue, catalogue_files, load_catalogue
from assistant.core.errors import MissingError, UserError
from assistant.core.settings import Settings, load_settings

SETTINGS = "settings.toml"
ENVIRONMENT = "VEJVISER_WORKSPACE"
DEFAULT = Path("vejviser-workspace")


class NoWorkspaceError(MissingError):
    """There is no workspace where one was expected."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no workspace at {folder}. Make one with `vejviser init`, or name another with --workspace."
        )


class WorkspaceExistsError(UserError):
    """A workspace would be written over."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} already holds files; name an empty or new folder with --workspace.")


class DamagedPartError(UserError):
    """A part of the workspace is there and cannot be read."""

    def __init__(self, part: Path) -> None:
        super().__init__(f"{part} is damaged and cannot be read; restore it from a backup, or make it anew.")


@contextmanager
def readable(part: Path) -> Iterator[None]:
    """Say in one sentence that a part is damaged, whatever its reader stumbled over. Raises `DamagedPartError`."""
    try:
        yield
    except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
        raise DamagedPartError(part) from error


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where each part of a workspace lies."""

    folder: Path

    @property
    def settings_file(self) -> Path:
        """What the operator may change."""
        return self.folder / SETTINGS

    @property
    def legal_basis(self) -> Path:
        """The municipality's own register of legal bases."""
        return self.folder / "legal_basis.yaml"

    @property
    def database(self) -> Path:
        """Cases, decisions, documents and earlier cases."""
        return self.folder / "store.db"

    @property
    def ledger(self) -> Path:
        """The ethics log."""
        return self.folder / "ledger.db"

    @property
    def keys(self) -> Path:
        """Every key; leave this folder out of ordinary backups."""
        return self.folder / "keys"

    @property
    def guidance(self) -> Path:
        """The guidance index."""
        return self.folder / "guidance"

    @property
    def history(self) -> Path:
        """The index of earlier cases."""
        return self.folder / "history"

    @property
    def models(self) -> Path:
        """Every model version."""
        return self.folder / "models"

    @property
    def catalogues(self) -> Path:
        """Every rules version that a suggestion was made under."""
        return self.folder / "catalogues"

    @property
    def own_catalogue(self) -> Path:
        """The municipality's own catalogue, where one was given."""
        return self.folder / "catalogue"

    def settings(self) -> Settings:
        """The settings. Raises `NoWorkspaceError` when there is no workspace."""
        if not self.settings_file.is_file():
            raise NoWorkspaceError(self.folder)
        return load_settings(self.settings_file.read_text(encoding="utf-8"))

    def catalogue(self) -> Catalogue:
        """The catalogue in use: the municipality's own, or the built-in one."""
        own = self.own_catalogue
        catalogue = load_catalogue(own if own.is_dir() else None)
        self._keep(catalogue.version, own if own.is_dir() else None)
        return catalogue

    def catalogue_of(self, version: str) -> Catalogue | None:
        """The catalogue of an earlier rules version; None when it is gone."""
        kept = self.catalogues / version
        return load_catalogue(kept) if kept.is_dir() else None

    def _keep(self, version: str, source: Path | None) -> None:
        kept = self.catalogues / version
        if kept.is_dir() or not self.folder.is_dir():
            return
        self.catalogues.mkdir(exist_ok=True)
        with _made_whole(kept) as making:
            for name, text in catalogue_files(source).items():
                (making / name).write_text(text, encoding="utf-8", newline="")


def find_workspace(named: Path | None) -> Workspace:
    """The workspace that the command line, the environment or the default names; it need not exist."""
    if named is not None:
        return Workspace(named)
    return Workspace(Path(os.environ.get(ENVIRONMENT, "") or DEFAULT))


@contextmanager
def new_workspace(folder: Path) -> Iterator[Workspace]:
    """A workspace under construction; it takes its place only when the block ends well.

    Raises `WorkspaceExistsError` when the folder holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceExistsError(folder)
    with _made_whole(folder) as making:
        yield Workspace(making)


@contextmanager
def _made_whole(target: Path) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield making
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        try:
            making.rename(target)
        except OSError:
            if not target.is_dir():  # another process made the same thing first: theirs is as good
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
