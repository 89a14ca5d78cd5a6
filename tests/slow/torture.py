"""Runs killed by SIGKILL at instants spread evenly over their life, each gone on with by ``--resume`` until it is done.

``python -m tests.slow.torture`` measures the life of an uninterrupted ``simrisk run`` that writes shards, then kills runs like it: evenly
over that life, and then more in its last part, until there were enough in every phase. Of each it is found out whether a finished shard
was lost or computed again, whether the result is the same, and whether anything is left lying about. docs/torture.md explains.

A life has five phases, told apart by what lies in the folder: *start* (no shard is finished), *shards* (one is finished and one is not),
*summary* (all are finished), *merge* (the result is being written), *end* (the result is in place).
"""

import argparse
import contextlib
import hashlib
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.unit.cli.care import STUDY

PHASES = ("start", "shards", "summary", "merge", "end")
#: Seconds between two looks at the folder.
LOOK = 0.002
#: A run that takes longer than this is stuck.
PATIENCE = 600.0
#: What is stored where no other options are given.
STORED = ("--store", "net_position,settlement")
SHARD = re.compile(r"shard-(\d+)-(\d+)\.npz")


class Process(Protocol):
    """What is asked of a run that was started."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Its exit code, minus the signal that ended it, or None while it lives."""

    def wait(self) -> int:
        """The same, at its end."""


class Forked:
    """A run in a fork of this process, which has the program loaded: sooner done, and killed and gone on with as any other."""

    def __init__(
        self, run: Callable[[list[str]], None], arguments: list[str], place: Path, log: Path | None, environment: dict[str, str]
    ) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid:
            return
        code = 70
        try:
            os.setsid()
            os.chdir(place)
            os.environ.update(environment)
            target = os.open(os.devnull if log is None else log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.dup2(target, 1)
            os.dup2(target, 2)
            run(arguments)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            os._exit(code)

    def _ended(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def poll(self) -> int | None:
        """Its exit code, minus the signal that ended it, or None while it lives."""
        return self._ended(os.WNOHANG)

    def wait(self) -> int:
        """The same, at its end."""
        found = self._ended(0)
        assert found is not None
        return found


@dataclass(frozen=True)
class Subject:
    """A command that writes shards and then ``out`` into its current folder; ``--resume`` goes on with it."""

    command: tuple[str, ...]
    out: str
    #: What tells two results apart: a text, equal for equal results.
    fingerprint: Callable[[Path], str]
    environment: dict[str, str] = field(default_factory=dict)
    #: Whether a shard that holds all blocks of older ones stands in for them.
    supersedes: bool = False
    #: What runs the command's arguments in a process that is forked and so has it loaded; None starts the command.
    forked: Callable[[list[str]], None] | None = None

    def start(self, place: Path, *more: str, log: Path | None = None) -> Process:
        """The command in a group of processes of its own, its output in ``log``."""
        if self.forked is not None:
            return Forked(self.forked, [*self.command, *more], place, log, self.environment)
        target = subprocess.DEVNULL if log is None else log.open("wb")
        try:
            return subprocess.Popen(
                [*self.command, *more],
                cwd=place,
                stdout=target,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        finally:
            if log is not None:
                target.close()


@dataclass(frozen=True)
class Seen:
    """What lies in the folder of a run at one moment."""

    shards: frozenset[str]
    merging: bool
    done: bool
    half_written: bool

    @classmethod
    def at(cls, place: Path, out: str) -> "Seen":
        """A look; in this order, so that what has gone by then has gone because the result is in place."""
        shards: set[str] = set()
        half = False
        for folder in _parts(place):
            try:
                names = os.listdir(folder)
            except FileNotFoundError:
                continue
            shards |= {name for name in names if SHARD.fullmatch(name)}
            half = half or any(name.endswith(".part") and "shard-" in name for name in names)
        names = os.listdir(place)
        # before its first shard a run tries whether it may write beside its result: that is no merge
        merging = bool(shards) and any(name.startswith(f".{out}.") and name.endswith(".part") for name in names)
        return cls(frozenset(shards), merging, out in names, half)

    def phase(self, total: int) -> str:
        """The phase of a life with so many shards."""
        if self.done:
            return "end"
        if self.merging:
            return "merge"
        if len(self.shards) >= total:
            return "summary"
        return "shards" if self.shards else "start"


def _parts(place: Path) -> list[Path]:
    return [place / name for name in os.listdir(place) if name.endswith(".parts")]


@dataclass(frozen=True)
class Life:
    """An uninterrupted run: seconds of each phase, how many shards it wrote, and its result."""

    seconds: dict[str, float]
    shards: int
    fingerprint: str

    @property
    def whole(self) -> float:
        """Seconds from start to end."""
        return sum(self.seconds.values())

    def moment(self, share: float) -> tuple[str, float]:
        """The phase at a share of the life, and the share of that phase which has gone by then."""
        left = share * self.whole
        for phase in PHASES:
            if left < self.seconds[phase]:
                return phase, left / self.seconds[phase]
            left -= self.seconds[phase]
        return PHASES[-1], 1.0


def measure(subject: Subject, place: Path) -> Life:
    """The life of a run that nobody interrupts."""
    process = subject.start(place, log=place.parent / f"{place.name}.log")
    begun = time.monotonic()
    since: dict[str, float] = {"start": begun}
    most, last = 0, begun
    while process.poll() is None:
        seen, now = Seen.at(place, subject.out), time.monotonic()
        if len(seen.shards) > most:
            most, last = len(seen.shards), now
            since.setdefault("shards", now)
        if seen.merging:
            since.setdefault("merge", now)
        if seen.done:
            since.setdefault("end", now)
        _in_time(begun, process)
        time.sleep(LOOK)
    ended = time.monotonic()
    if process.returncode:
        msg = f"the uninterrupted run failed with {process.returncode}: {(place.parent / f'{place.name}.log').read_text(errors='replace')}"
        raise RuntimeError(msg)
    since["summary"] = last
    lacking = [phase for phase in PHASES if phase not in since]
    if lacking or most < 2:
        msg = f"the uninterrupted run had {most} shards and no phase {', '.join(lacking) or '(none lacks)'}: it is too short to torture"
        raise RuntimeError(msg)
    ends = [since[phase] for phase in PHASES[1:]] + [ended]
    seconds = {phase: max(end - since[phase], 1e-3) for phase, end in zip(PHASES, ends, strict=True)}
    return Life(seconds, most, subject.fingerprint(place / subject.out))


def _in_time(begun: float, process: Process) -> None:
    if time.monotonic() - begun > PATIENCE:
        kill(process)
        msg = f"a run was not done after {PATIENCE:g} s"
        raise RuntimeError(msg)


def kill(process: Process) -> bool:
    """SIGKILL to a run and all its processes; whether it struck before the run had ended by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def wait_for(process: Process, place: Path, out: str, life: Life, moment: tuple[str, float]) -> None:
    """Wait until a run is at a moment of its life: phases are waited for, so that a busy machine does not shift the moment."""
    phase, share = moment
    begun, ahead = time.monotonic(), share * life.seconds[phase]
    wanted, steps = 0, max(life.shards - 1, 1)
    if phase == "shards":
        wanted = 1 + math.floor(share * steps)
        ahead = (share * steps % 1.0) * life.seconds[phase] / steps
    elif phase == "summary":
        wanted = life.shards
    while process.poll() is None:
        seen = Seen.at(place, out)
        reached = len(seen.shards) >= wanted if phase in ("start", "shards", "summary") else seen.merging or seen.done
        if reached if phase != "end" else seen.done:
            break
        if seen.done:
            break
        _in_time(begun, process)
        time.sleep(LOOK)
    until = time.monotonic() + ahead
    while process.poll() is None and (left := until - time.monotonic()) > 0:
        # the machine is quicker than when the life was measured: the moment is at the end of the phase
        if PHASES.index(Seen.at(place, out).phase(life.shards)) > PHASES.index(phase):
            break
        time.sleep(min(left, LOOK))


@dataclass(frozen=True)
class Killed:
    """A run that was killed and gone on with."""

    wanted: str
    phase: str
    shards: int
    half_written: bool
    resumed_in: float
    problems: tuple[str, ...]


def sha256(path: Path) -> str:
    """Of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def finished_shards(place: Path) -> dict[str, Path]:
    """The finished shards in the folder of a run, by name."""
    return {path.name: path for folder in _parts(place) for path in folder.iterdir() if SHARD.fullmatch(path.name)}


@dataclass
class Guard:
    """Finished shards of a killed run, each with a second name: it is known later whether anybody wrote to it or put another there."""

    place: Path
    aside: Path
    supersedes: bool
    inodes: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.aside.mkdir()
        for name, path in finished_shards(self.place).items():
            os.link(path, self.aside / name)
            self.inodes[name], self.digests[name] = path.stat().st_ino, sha256(path)

    def look(self, out: str) -> None:
        """Note what has gone or was exchanged although the result is not in place."""
        there: dict[str, int] = {}
        for folder in _parts(self.place):
            try:
                there |= {entry.name: entry.inode() for entry in os.scandir(folder)}
            except FileNotFoundError:
                continue
        missing = [name for name, inode in self.inodes.items() if there.get(name) != inode]
        if missing and not (self.place / out).exists():
            for name in missing:
                if name in there:
                    self.lost.setdefault(name, "computed again")
                elif not (self.supersedes and _covered(name, there)):
                    self.lost.setdefault(name, "gone")

    def rest(self) -> None:
        """Note what was written to."""
        for name, digest in self.digests.items():
            if sha256(self.aside / name) != digest:
                self.lost.setdefault(name, "written to")


def _covered(name: str, there: dict[str, int]) -> bool:
    """Whether another shard holds all blocks of one."""
    first, last = map(int, SHARD.fullmatch(name).groups())  # type: ignore[union-attr]  # the name of a shard fits
    others = [tuple(map(int, found.groups())) for found in map(SHARD.fullmatch, there) if found]
    return any(a <= first and last <= b for a, b in others)


def resume(subject: Subject, place: Path, life: Life, before: frozenset[str], guard: Guard) -> Iterator[str]:
    """Go on with a run; what is wrong with how that ended, in words."""
    log = place.parent / f"{place.name}.log"
    process = subject.start(place, "--resume", log=log)
    begun = time.monotonic()
    while process.poll() is None:
        guard.look(subject.out)
        _in_time(begun, process)
        time.sleep(LOOK)
    guard.rest()
    yield from (f"finished shard {name} was lost: {how}" for name, how in guard.lost.items())
    if process.returncode:
        yield f"--resume ended with {process.returncode}: {log.read_text(errors='replace').strip()[-500:]}"
        return
    there = set(os.listdir(place))
    if subject.out not in there:
        yield "--resume wrote no result"
        return
    if strays := sorted(there - before - {subject.out}):
        yield f"left lying about: {', '.join(strays)}"
    found = subject.fingerprint(place / subject.out)
    if found != life.fingerprint:
        yield f"the result is {found}, uninterrupted it is {life.fingerprint}"


def one_kill(subject: Subject, life: Life, moment: tuple[str, float], prepare: Callable[[Path], None], among: Path) -> Killed | None:
    """Kill a run at a moment of its life and go on with it; None where it had ended before."""
    with tempfile.TemporaryDirectory(dir=among) as made:
        place = Path(made) / "run"
        place.mkdir()
        prepare(place)
        before = frozenset(os.listdir(place))
        process = subject.start(place)
        try:
            wait_for(process, place, subject.out, life, moment)
        finally:
            struck = kill(process)
        if not struck:
            return None
        seen = Seen.at(place, subject.out)
        guard = Guard(place, Path(made) / "aside", subject.supersedes)
        begun = time.monotonic()
        problems = tuple(resume(subject, place, life, before, guard))
        return Killed(moment[0], seen.phase(life.shards), len(seen.shards), seen.half_written, time.monotonic() - begun, problems)


@dataclass
class Record:
    """All kills so far."""

    life: Life
    kills: list[Killed] = field(default_factory=list)
    too_late: int = 0

    def phases(self) -> Counter[str]:
        """How many kills struck in each phase."""
        return Counter(one.phase for one in self.kills)

    def problems(self) -> list[str]:
        """Everything that was wrong."""
        return [f"killed in phase {one.phase} with {one.shards} shards: {problem}" for one in self.kills for problem in one.problems]

    def text(self) -> str:
        """The record as a table."""
        life, phases = self.life, self.phases()
        seconds = ", ".join(f"{phase} {life.seconds[phase]:.2f}" for phase in PHASES)
        lines = [f"life {life.whole:.2f} s ({seconds}), {life.shards} shards, result {life.fingerprint[:16]}"]
        lines += [f"{len(self.kills)} kills: " + ", ".join(f"{phase} {phases[phase]}" for phase in PHASES)]
        lines += [
            f"{sum(one.half_written for one in self.kills)} of them while a shard was being written; {self.too_late} more came too late"
        ]
        lost = sum("was lost" in problem for problem in self.problems())
        other = sum("the result is" in problem for problem in self.problems())
        lines += [f"finished shards at the kills: {sum(one.shards for one in self.kills):,}; lost: {lost}; other results: {other}"]
        for phase in PHASES:
            spent = sorted(one.resumed_in for one in self.kills if one.phase == phase)
            if spent:
                lines.append(f"  killed in {phase}: done {spent[len(spent) // 2]:.2f} s after --resume (median)")
        return "\n".join([*lines, *self.problems()])

    def as_dict(self) -> dict[str, object]:
        """The record as JSON."""
        return {
            "life_seconds": self.life.seconds,
            "shards": self.life.shards,
            "fingerprint": self.life.fingerprint,
            "kills": len(self.kills),
            "by_phase": dict(self.phases()),
            "while_a_shard_was_written": sum(one.half_written for one in self.kills),
            "shards_finished_at_kills": sum(one.shards for one in self.kills),
            "too_late": self.too_late,
            "problems": self.problems(),
        }


def torture(
    subject: Subject,
    prepare: Callable[[Path], None],
    among: Path,
    kills: int,
    least: dict[str, int],
    say: Callable[[str], None] = lambda line: None,
) -> Record:
    """Kill so many runs evenly over their life, then more until each phase of ``least`` had that many."""
    place = among / "uninterrupted"
    place.mkdir()
    prepare(place)
    record = Record(measure(subject, place))
    say(record.text())
    moments = [record.life.moment((k + 0.5) / kills) for k in range(kills)]
    # one after the other from all over the life: whatever else the machine does is spread over all phases
    order = sorted(range(kills), key=lambda k: k * 0.6180339887498949 % 1.0)
    for done, k in enumerate(order, 1):
        _strike(subject, record, moments[k], prepare, among)
        if done % 10 == 0:
            say(f"{done} of {kills}: {dict(record.phases())}, {len(record.problems())} problems")
    for phase, wanted in least.items():
        tries = 0
        while record.phases()[phase] < wanted and tries < 4 * wanted:
            _strike(subject, record, (phase, (tries + 0.5) * 0.6180339887498949 % 1.0), prepare, among)
            tries += 1
        say(f"{phase}: {record.phases()[phase]} of at least {wanted}")
    return record


def _strike(subject: Subject, record: Record, moment: tuple[str, float], prepare: Callable[[Path], None], among: Path) -> None:
    found = one_kill(subject, record.life, moment, prepare, among)
    if found is None:
        record.too_late += 1
    else:
        record.kills.append(found)


def content(path: Path) -> str:
    """The content hash of a result, each of its digests found right; raises AssertionError where one is not."""
    import h5py

    from simengine.results.provenance import content_hash, digest

    with h5py.File(path, "r") as file:
        stated = json.loads(file.attrs["digests"])
        for name, expected in stated.items():
            if name not in file:
                continue  # what is no variable, such as the attributes, is for simrisk verify
            one = file[name]
            values = one.asstr()[()] if h5py.check_string_dtype(one.dtype) else one[()]
            assert digest(values) == expected, f"{path}: {name} is not what its digest says"
        assert file.attrs["content_hash"] == content_hash(stated)
        return str(file.attrs["content_hash"])


def busy_study(lines: int = 12) -> str:
    """A study of many lines and few results: long to simulate, and its shards are small."""
    line = '[services.line_{}]\nprovider = "community"\nspend = 1.5\nvolatility = {{ cv_floor = 0.02 }}\n'
    line += 'growth = {{ dist = "normal", mean = 0.02, sd = 0.01 }}\n\n'
    more = "".join(line.format(k) for k in range(lines))
    return STUDY.replace("[schemes.ward]\n", more + "[schemes.ward]\n", 1)


def _program(arguments: list[str]) -> None:
    """``simrisk`` in this process."""
    from simengine.cli.main import cli

    cli(arguments, prog_name="simrisk")


def simrisk(text: str, draws: int, *options: str, forked: bool = False) -> tuple[Subject, Callable[[Path], None]]:
    """``simrisk run`` of a study with a shard for every chunk, and what puts the study into a folder."""
    command = ("run", "study.toml", "--out", "x.nc", "--draws", str(draws), "--quiet", *options)
    environment = {"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "SIMRISK_SHARD_SECONDS": "0"}

    def prepare(place: Path) -> None:
        (place / "study.toml").write_text(text, encoding="utf-8")

    if not forked:
        return Subject((sys.executable, "-m", "simengine", *command), "x.nc", content, environment, "summary" in options), prepare
    # whatever a run loads is loaded once, by a small run in this process
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place), contextlib.redirect_stdout(io.StringIO()):
        prepare(Path(place))
        with contextlib.suppress(SystemExit):
            _program(["run", "study.toml", "--out", "x.nc", "--draws", "32768", "--quiet", *options])
    return Subject(command, "x.nc", content, environment, "summary" in options, _program), prepare


def main(given: Sequence[str]) -> int:
    """The torture of a study; 0 where nothing was lost and every result is the same."""
    read = argparse.ArgumentParser(prog="python -m tests.slow.torture", description=main.__doc__)
    read.add_argument("--study", type=Path, help="[15 lines in two years, made for this]")
    read.add_argument("--draws", type=int, default=262_144)
    read.add_argument("--kills", type=int, default=200)
    read.add_argument("--shards", type=int, default=100, help="at least so many with one shard finished and one not")
    read.add_argument("--merge", type=int, default=20, help="at least so many while the result was being written")
    read.add_argument("--folder", type=Path, help="where to work [a temporary folder]")
    read.add_argument("--forked", action="store_true", help="fork runs from a process that has the program loaded: sooner done")
    read.add_argument("--json", type=Path)
    read.add_argument("options", nargs="*", help="more options of simrisk run, after --")
    asked = read.parse_args(given)
    text = busy_study() if asked.study is None else asked.study.read_text(encoding="utf-8")
    subject, prepare = simrisk(text, asked.draws, *(asked.options or STORED), forked=asked.forked)

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(dir=asked.folder) as among:
        least = {"shards": asked.shards, "merge": asked.merge}
        record = torture(subject, prepare, Path(among), asked.kills, least, say)
    say(record.text())
    if asked.json is not None:
        asked.json.write_text(json.dumps(record.as_dict(), indent=1) + "\n", encoding="utf-8")
    short = [phase for phase, wanted in least.items() if record.phases()[phase] < wanted]
    if short:
        say(f"too few kills in {', '.join(short)}")
    return 1 if record.problems() or short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
