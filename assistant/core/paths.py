"""Where things lie that are neither code nor made by a run."""

from __future__ import annotations

import os
from pathlib import Path


def shared_data() -> Path | None:
    """The folder of real data that tests and benchmarks measure against, or None when it is absent.

    It lies beside the checkout as `../shared/data`; `VEJVISER_SHARED_DATA` names another place.
    """
    named = os.environ.get("VEJVISER_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    return folder if folder.is_dir() else None
