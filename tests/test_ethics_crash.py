"""Killed at any moment, an acknowledged entry is there, and the log verifies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ethics.checkpoint import Signer
from ethics.keys import KeyStore
from ethics.log import EthicsLog

ORIGIN = "vejviser.example/log"
SIGNER = Signer(ORIGIN, b"s" * 32)
MASTER = b"m" * 32
KILLS = int(os.environ.get("VEJVISER_TEST_KILLS", "20"))
SECONDS = 20 if KILLS <= 20 else 600

# The parent imports once and forks writers; it kills one at a random moment, and starts another in its place.
WRITERS = """
import faulthandler, os, random, signal, sys, time
from pathlib import Path
from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.keys import KeyStore
from ethics.log import EthicsLog

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
signer, chance = Signer("vejviser.example/log", b"s" * 32), random.Random(1)

def write(number):
    keys = KeyStore.open(folder / "keys", b"m" * 32)
    log = EthicsLog.open(folder / "log", signer, keys=keys)
    acknowledged = os.open(folder / f"acknowledged-{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    parent = os.getppid()
    for turn in range(10**9):
        if os.getppid() != parent:
            return  # the parent is gone: nobody is left to stop this one
        work = NewEntry("ComputeUsed", {"work": "suggest", "cases": turn, "cpu_seconds": 1}, ref=f"w-{number}-{turn}")
        goal = NewEntry("GoalShown", {"before_suggestion": True}, subject=f"C-{number}-{turn % 7}", payload=b"a goal")
        done = log.append([work, goal][: 1 + turn % 2] * (1 + turn % 3))
        os.write(acknowledged, "".join(f"{a.index} {a.leaf_hash}\\n" for a in done).encode())

def start(number):
    if (child := os.fork()) == 0:
        try:
            write(number)
        finally:
            os._exit(1)
    return child

faulthandler.dump_traceback_later(float(sys.argv[3]) + 120, exit=True)  # a hang is a failure that says where
enough = time.monotonic() + float(sys.argv[3])
reader = EthicsLog.open(folder / "log", trusted=[signer.key])  # stays open across every fork
assert reader.verify().ok
children = [start(number) for number in range(4)]
killed = 0
for turn in range(kills):
    if time.monotonic() > enough:
        break
    time.sleep(chance.uniform(0.005, 0.12))
    slot = chance.randrange(4)
    os.kill(children[slot], signal.SIGKILL)
    if os.waitpid(children[slot], 0)[1] != signal.SIGKILL:
        sys.exit(f"writer {slot} ended by itself before kill {turn}")
    report = reader.verify()
    if not report.ok:
        sys.exit(f"after kill {turn}: {report}")
    children[slot], killed = start(4 + turn), killed + 1
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print(killed)
"""

# What a server does that loads first and forks its workers afterwards: everyone goes on with the same objects.
FORKED = """
import os, sys
from pathlib import Path
from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.keys import KeyStore
from ethics.log import EthicsLog

folder = Path(sys.argv[1])
keys = KeyStore.open(folder / "keys", b"m" * 32)
log = EthicsLog.open(folder / "log", Signer("vejviser.example/log", b"s" * 32), keys=keys)

def work(name, turns):
    for turn in range(turns):
        goal = NewEntry("GoalShown", {"before_suggestion": True}, subject=f"C-{name}-{turn % 5}", payload=b"a goal")
        index = log.append([goal])[0].index
        if log.payload(index) != b"a goal" or not log.find(subject=f"C-{name}-{turn % 5}"):
            os._exit(2)

work("first", 5)
children = []
for name in range(4):
    if (child := os.fork()) == 0:
        work(name, 40)
        os._exit(0)
    children.append(child)
    work("parent", 10)
sys.exit(max(os.waitpid(child, 0)[1] for child in children))
"""

# One writer whose files may not grow beyond a limit: what a full disk does.
FULL = """
import os, resource, sys
from pathlib import Path
from ethics.checkpoint import Signer
from ethics.entry import NewEntry
from ethics.errors import LogWriteError
from ethics.log import EthicsLog

log = EthicsLog.open(Path(sys.argv[1]) / "log", Signer("vejviser.example/log", b"s" * 32))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    for turn in range(100_000):
        done = log.append([NewEntry("ComputeUsed", {"work": "x" * 60, "cases": turn, "cpu_seconds": 1})] * 7)
        print(done[-1].index, done[-1].leaf_hash, flush=True)
except LogWriteError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=900, check=False
    )


def test_no_acknowledged_entry_is_lost_when_writers_are_killed(tmp_path: Path) -> None:
    keys = KeyStore.create(tmp_path / "keys", MASTER)
    EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER, keys=keys).close()

    done = run(WRITERS, tmp_path, KILLS, SECONDS)

    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == KILLS or int(done.stdout) >= 5  # on a busy machine the time is up before
    log = EthicsLog.open(tmp_path / "log", SIGNER, keys=keys)
    report = log.verify()
    assert report.ok, report
    stored = {(entry.index, entry.leaf_hash) for entry in log.find()}
    acknowledged = set()
    for path in tmp_path.glob("acknowledged-*"):
        for line in path.read_text().splitlines():
            index, leaf = line.split()
            acknowledged.add((int(index), leaf))
    assert len(list(tmp_path.glob("acknowledged-*"))) >= 4
    assert len(acknowledged) > KILLS
    assert acknowledged <= stored
    sealed = log.find(type="GoalShown")
    assert log.payload(sealed[-1].index) == b"a goal"


def test_an_open_log_and_key_store_survive_forks(tmp_path: Path) -> None:
    keys = KeyStore.create(tmp_path / "keys", MASTER)
    EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER, keys=keys).close()

    done = run(FORKED, tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    report = EthicsLog.open(tmp_path / "log", SIGNER, keys=keys).verify()
    assert (report.ok, report.size) == (True, 5 + 4 * 40 + 4 * 10)


@pytest.mark.parametrize("limit", [120_000, 400_000])
def test_a_disk_that_runs_full_is_reported_and_nothing_acknowledged_is_lost(tmp_path: Path, limit: int) -> None:
    EthicsLog.create(tmp_path / "log", ORIGIN, SIGNER).close()

    done = run(FULL, tmp_path, limit)

    assert done.returncode == 1
    assert "could not store the entries" in done.stderr
    assert "nothing was written" in done.stderr
    index, leaf = done.stdout.splitlines()[-1].split()
    log = EthicsLog.open(tmp_path / "log", SIGNER)
    assert log.verify().ok
    assert log.entry(int(index)).leaf_hash == leaf
    assert log.head().size == int(index) + 1
