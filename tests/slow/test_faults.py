"""What may happen to a run between its start and its end: each ends in a clear message, loses nothing finished, and the result is the same.

Real processes, real files, a real full disk where this user may mount one.
"""

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.slow.torture import Guard, Seen, content, finished_shards, kill

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")]

DRAWS, CHUNK = 262_144, 16_384
STORE = "net_position,party_position,settlement"
OUT = "x.nc"


@pytest.fixture(scope="module")
def environment(project):
    """Shards from the first chunk on."""
    return {**os.environ, "PYTHONPATH": str(project), "SIMRISK_SHARD_SECONDS": "0", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def study(configs):
    return (configs / "bettercaretown.toml").read_text(encoding="utf-8")


class Run:
    """One ``simrisk run`` in a folder, in a group of processes of its own."""

    def __init__(self, place, environment, *options, draws=DRAWS, store=STORE, **started):
        command = [sys.executable, "-m", "simengine", "run", "study.toml", "--out", OUT, "--draws", str(draws), "--store", store]
        self.place = Path(place)
        beside = self.place.parent
        # not on a disk that is to be full or read-only: what is open for writing keeps it writable
        self.log = (beside.parent if beside.is_mount() else beside) / f"{self.place.name}.{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            streams = {"stdout": log, "stderr": subprocess.STDOUT, "start_new_session": True}
            self.process = subprocess.Popen([*command, *map(str, options)], cwd=place, env=environment, **streams, **started)

    def until(self, shards):
        """Wait until so many shards are finished; the run goes on."""
        begun = time.monotonic()
        while len(Seen.at(self.place, OUT).shards) < shards:
            assert self.process.poll() is None, f"the run ended before it had {shards} shards: {self.text()}"
            assert time.monotonic() - begun < 600
            time.sleep(0.002)
        return self

    def killed(self):
        """End it by SIGKILL."""
        assert kill(self.process), self.text()
        return self

    def end(self):
        """Wait for its end; exit code and what it said."""
        try:
            code = self.process.wait(timeout=600)
        finally:
            kill(self.process)
        assert "Traceback" not in self.text(), self.text()
        return code, " ".join(self.text().split())

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def place(tmp_path, study):
    found = tmp_path / "run"
    found.mkdir()
    (found / "study.toml").write_text(study, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, environment, study):
    """The content hash of the run that nothing happens to."""
    found = tmp_path_factory.mktemp("uninterrupted")
    (found / "study.toml").write_text(study, encoding="utf-8")
    code, said = Run(found, environment).end()
    assert code == 0, said
    assert sorted(os.listdir(found)) == ["study.toml", OUT]
    return content(found / OUT)


@contextlib.contextmanager
def nothing_lost(place, tmp_path, without=()):
    """Finished shards stay as they are until the result is in place; ``without`` names those that were damaged on purpose."""
    guard = Guard(place, tmp_path / f"aside{time.monotonic_ns()}", supersedes=False)
    for name in without:
        guard.inodes.pop(name)
        guard.digests.pop(name)
    yield guard
    guard.rest()
    assert guard.lost == {}


def resumed(place, environment, guard, *options):
    """Go on; exit code and what it said."""
    run = Run(place, environment, "--resume", *options)
    while run.process.poll() is None:
        guard.look(OUT)
        time.sleep(0.002)
    return run.end()


def same(place, uninterrupted, said, left=()):
    """The result is in place, the same as ever, and nothing else is there but what was set aside."""
    assert (place / OUT).exists(), said
    assert content(place / OUT) == uninterrupted
    assert sorted(os.listdir(place)) == sorted(["study.toml", OUT, *left])


def shards_of(place):
    return dict(sorted(finished_shards(place).items()))


def test_a_run_that_is_killed_goes_on(place, tmp_path, environment, uninterrupted):
    Run(place, environment).until(5).killed()
    with nothing_lost(place, tmp_path) as guard:
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    same(place, uninterrupted, said)


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(place, tmp_path, environment, uninterrupted):
    run = Run(place, environment).until(3)
    run.process.send_signal(signal.SIGINT)
    code, said = run.end()
    assert code == 130, said
    assert "--resume" in said
    assert len(shards_of(place)) >= 3
    assert not (place / OUT).exists()
    with nothing_lost(place, tmp_path) as guard:
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    same(place, uninterrupted, said)


def test_a_run_without_resume_leaves_an_unfinished_one_alone(place, tmp_path, environment, uninterrupted):
    Run(place, environment).until(3).killed()
    before = {name: path.read_bytes() for name, path in shards_of(place).items()}
    code, said = Run(place, environment).end()
    assert code in (1, 2), said
    assert "--resume" in said
    assert {name: path.read_bytes() for name, path in shards_of(place).items()} == before
    with nothing_lost(place, tmp_path) as guard:
        assert resumed(place, environment, guard)[0] == 0
    same(place, uninterrupted, "")


@pytest.mark.parametrize("damage", ["altered", "truncated", "emptied", "exchanged"])
def test_a_damaged_shard_is_named_set_aside_and_computed_again(place, tmp_path, environment, uninterrupted, damage):
    Run(place, environment).until(5).killed()
    names = list(shards_of(place))
    name, path = names[1], shards_of(place)[names[1]]
    held = bytearray(path.read_bytes())
    if damage == "altered":
        held[len(held) // 2] ^= 1
    elif damage == "truncated":
        del held[len(held) // 2 :]
    elif damage == "emptied":
        held.clear()
    else:
        held[:] = shards_of(place)[names[2]].read_bytes()
    path.unlink()
    path.write_bytes(held)
    with nothing_lost(place, tmp_path, without=[name]) as guard:
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    assert name in said
    assert content(place / OUT) == uninterrupted
    # what was found wrong is kept under another name, and nothing else
    (parts,) = [entry for entry in os.listdir(place) if entry not in ("study.toml", OUT)]
    assert all(entry.startswith(name) and entry != name for entry in os.listdir(place / parts)), os.listdir(place / parts)


@pytest.mark.parametrize("damage", ["gone", "altered", "emptied"])
def test_a_manifest_that_is_lost_or_damaged_costs_nothing(place, tmp_path, environment, uninterrupted, damage):
    Run(place, environment).until(4).killed()
    (manifest,) = place.glob("*.parts/manifest.json")
    text = manifest.read_bytes()
    manifest.unlink()
    if damage != "gone":
        manifest.write_bytes(b"" if damage == "emptied" else text.replace(b'"block": 4096', b'"block": 4097'))
    with nothing_lost(place, tmp_path) as guard:
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    assert content(place / OUT) == uninterrupted


def test_two_runs_into_one_folder_do_not_meet(place, environment, uninterrupted):
    first = Run(place, environment).until(2)
    code, said = Run(place, environment, "--resume").end()
    assert code == 1, said
    assert re.search(rf"in use by another run: process {first.process.pid}\b", said), said
    code, said = first.end()
    assert code == 0, said
    same(place, uninterrupted, said)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--seed", 99), "seed"),
        (("--sampler", "random"), "sampler|study"),
        (("--scenario", "all"), "scenarios"),
        (("--set", "arrangements.admissions.msr=0.0123"), "study"),
    ],
)
def test_another_run_does_not_go_on_with_this_one(place, tmp_path, environment, uninterrupted, options, word):
    Run(place, environment).until(3).killed()
    with nothing_lost(place, tmp_path) as guard:
        code, said = resumed(place, environment, guard, *options)
        assert code in (1, 2), said
        assert re.search(word, said), said
        assert set(guard.inodes) == set(shards_of(place))
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    same(place, uninterrupted, said)


def test_a_study_edited_in_between_is_refused_with_both_hashes(place, tmp_path, environment, uninterrupted):
    Run(place, environment).until(3).killed()
    study = (place / "study.toml").read_text(encoding="utf-8")
    edited = re.sub(r"(?m)^(msr = )([0-9.]+)", r"\g<1>0.0123", study, count=1)
    assert edited != study
    (place / "study.toml").write_text(edited, encoding="utf-8")
    with nothing_lost(place, tmp_path) as guard:
        code, said = resumed(place, environment, guard)
        assert code == 1, said
        assert re.search(r"study was changed \(its hash was [0-9a-f]{8} and is [0-9a-f]{8}\)", said), said
        (place / "study.toml").write_text(study, encoding="utf-8")
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    same(place, uninterrupted, said)


def test_clock_zone_and_locale_change_no_byte(place, tmp_path, environment, uninterrupted):
    Run(place, {**environment, "TZ": "Pacific/Apia", "LC_ALL": "C"}).until(4).killed()
    # times of the files as after a clock that was set back and one that was set forward
    for k, path in enumerate(shards_of(place).values()):
        os.utime(path, (k * 86_400, 4_000_000_000 - k))
    with nothing_lost(place, tmp_path) as guard:
        code, said = resumed(place, {**environment, "TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE"}, guard)
    assert code == 0, said
    same(place, uninterrupted, said)


def test_a_killed_worker_is_made_up_for_or_explained(place, tmp_path, environment, uninterrupted):
    run = Run(place, environment, "--workers", 2).until(2)
    workers = descendants(run.process.pid)
    assert workers
    # the newest: helpers of the standard library, such as its resource tracker, come first
    os.kill(max(workers), signal.SIGKILL)
    code, said = run.end()
    if code != 0:
        assert code == 1, said
        assert "--resume" in said
        with nothing_lost(place, tmp_path) as guard:
            code, said = resumed(place, environment, guard, "--workers", 2)
        assert code == 0, said
    same(place, uninterrupted, said)


def descendants(pid):
    """The processes under one, from what the system lists."""
    found, children = [], {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            parent = Path(f"/proc/{entry}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(entry))
    left = [pid]
    while left:
        more = children.get(left.pop(), [])
        found, left = found + more, left + more
    return found


def limited(size):
    """A limit on the size of every file that the process writes."""

    def limit():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("place_of_limit", ["shard", "result"])
def test_a_file_that_may_not_grow_is_explained_and_gone_on_from(place, tmp_path, environment, uninterrupted, place_of_limit):
    Run(place, environment).until(2).killed()
    largest = max(path.stat().st_size for path in shards_of(place).values())
    size = largest // 2 if place_of_limit == "shard" else 2 * largest
    with nothing_lost(place, tmp_path) as guard:
        run = Run(place, environment, "--resume", preexec_fn=limited(size))
        code, said = run.end()
        assert code == 1, said
        assert "larger than this system allows" in said
        assert "--resume" in said
        assert not (place / OUT).exists()
        if place_of_limit == "result":
            assert len(shards_of(place)) == DRAWS // CHUNK
        guard.look(OUT)
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    same(place, uninterrupted, said)


@pytest.fixture
def small_disk(tmp_path, study):
    """A file system of its own, of 2 GiB."""
    found = tmp_path / "disk"
    found.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("no program mount here")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=2g", "tmpfs", str(found)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this user may not mount a small file system: {done.stderr.strip()}")
    try:
        (found / "run").mkdir()
        (found / "run" / "study.toml").write_text(study, encoding="utf-8")
        yield found
    finally:
        subprocess.run([unmount, "-l", str(found)], check=True)


def fill(path, leave):
    """Fill a disk but for some bytes."""
    with path.open("wb", buffering=0) as file:
        try:
            while shutil.disk_usage(path.parent).free > leave:
                file.write(b"\1" * min(2**20, shutil.disk_usage(path.parent).free - leave))
        except OSError as problem:
            if problem.errno != errno.ENOSPC:
                raise


@pytest.mark.parametrize("shards", [1, 8, DRAWS // CHUNK])
def test_a_full_disk_is_explained_and_gone_on_from(small_disk, environment, uninterrupted, shards):
    place = small_disk / "run"
    run = Run(place, environment).until(shards)
    # held while the disk fills up: a quick one would be done before
    os.killpg(run.process.pid, signal.SIGSTOP)
    fill(small_disk / "ballast", 0)
    os.killpg(run.process.pid, signal.SIGCONT)
    code, said = run.end()
    assert code == 1, said
    assert "the disk is full" in said
    assert "--resume" in said
    assert not (place / OUT).exists()
    assert len(shards_of(place)) >= shards
    with nothing_lost(place, small_disk) as guard:
        # no room for anything: refused, and nothing is touched
        code, said = resumed(place, environment, guard)
        assert code == 1, said
        (small_disk / "ballast").unlink()
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    same(place, uninterrupted, said)


def test_a_run_that_cannot_fit_the_disk_is_refused_with_the_sizes_before_it_starts(small_disk, environment):
    begun = time.monotonic()
    code, said = Run(small_disk / "run", environment, draws=DRAWS * 64).end()
    assert code == 1, said
    assert re.search(r"needs [\d.,]+ [MG]iB.*has [\d.,]+ [MG]iB free", said), said
    assert os.listdir(small_disk / "run") == ["study.toml"]
    assert time.monotonic() - begun < 120


def test_a_folder_that_becomes_read_only_is_explained_and_gone_on_from(small_disk, environment, uninterrupted):
    place = small_disk / "run"
    run = Run(place, environment).until(3)
    deadline = time.monotonic() + 60
    # refused while a file is open for writing: tried again until it falls between two shards
    while subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline
        if run.process.poll() is not None:
            pytest.skip("the file system could not be made read-only in time")
    code, said = run.end()
    before = shards_of(place)
    refused, why = Run(place, environment, "--resume").end()
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert code == 1, said
    assert "read-only" in said
    assert "--resume" in said
    assert refused == 1, why
    assert "read-only" in why
    assert shards_of(place) == before
    with nothing_lost(place, small_disk) as guard:
        code, said = resumed(place, environment, guard)
    assert code == 0, said
    same(place, uninterrupted, said)


def test_a_folder_that_may_not_be_written_is_said_before_any_work(place, environment):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    place.chmod(0o555)
    try:
        code, said = Run(place, environment).end()
    finally:
        place.chmod(0o755)
    assert code == 1, said
    assert "permission denied" in said
