"""Kills a process that writes shards, again and again, and looks at what it left; run by test_shard_kills.py, one process per kill.

``python shard_kills.py random KILLS ROWS SEED FOLDER`` kills at random moments (ROWS sets the size of a shard, 16,384 bytes a row);
``python shard_kills.py steps FOLDER`` kills once before and once after every call to the system that a run makes.
Prints one JSON object.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np

from simengine.errors import ResultError
from simengine.results import shards
from simengine.results.manifest import MANIFEST, Identity
from simengine.results.shards import ShardFolder

BLOCKS, CHUNK, DRAWS = 24, 2, 1_024
RUN = Identity("1f" * 32, "2e" * 32, ("base",), 1, "sobol", BLOCKS * DRAWS, ("a",), DRAWS, "0.2.0", "1", "s")
CALLS = ("open", "write", "lseek", "fsync", "close", "replace", "link", "unlink", "rename", "mkdir")


def arrays(first, stop, rows):
    """What the blocks hold: any that is wrong is seen."""
    draws = np.arange(first * DRAWS, stop * DRAWS, dtype=np.float64)
    return {"a": draws + 0.25 * np.arange(rows)[:, None]}


def work(folder, rows, told):
    """Do the rest of a run; every finished shard is told through the pipe after it was added."""
    with ShardFolder.open(folder, RUN, resume=True) as opened:
        if opened.messages[1:] or (opened.messages and "has ended" not in opened.messages[0]):
            os.write(told, f"!{opened.messages}\n".encode())
        for first, stop in opened.blocks_missing(BLOCKS):
            for at in range(first, stop, CHUNK):
                opened.add(at, min(at + CHUNK, stop), arrays(at, min(at + CHUNK, stop), rows))
                os.write(told, f"{at}\n".encode())


def child(folder, rows, before=lambda: None):
    """A forked process at work; its number and the pipe it tells by."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid:
        os.close(tell)
        return pid, told
    code = 1
    try:
        before()
        work(folder, rows, tell)
        code = 0
    finally:
        os._exit(code)


def heard(told):
    with os.fdopen(told, "rb") as pipe:
        lines = pipe.read().split(b"\n")[:-1]
    return {int(line) for line in lines if not line.startswith(b"!")}, [line.decode() for line in lines if line.startswith(b"!")]


def wrong_in(folder, finished, rows):
    """What a resumed run finds amiss: shards lost, messages, values that are not those written."""
    with ShardFolder.open(folder, RUN, resume=True) as opened:
        there = {shard.first for shard in opened.shards}
        faults = [f"lost {at}" for at in sorted(finished - there)]
        faults += [text for text in opened.messages if "has ended" not in text]
        for shard in opened.shards:
            if not np.array_equal(opened.read(shard)["a"], arrays(shard.first, shard.stop, rows)["a"]):
                faults.append(f"other values in {shard.name}")
    return faults, there


def at_random(kills, rows, seed, folder):
    chance = random.Random(seed)
    finished, found = set(), {"kills": 0, "finished": 0, "parts": 0, "unlisted": 0, "completed": 0, "faults": []}
    start = time.perf_counter()
    pid, told = child(folder, rows)
    os.waitpid(pid, 0)
    heard(told)
    whole = time.perf_counter() - start
    shutil.rmtree(folder)
    while found["kills"] < kills:
        pid, told = child(folder, rows)
        time.sleep(chance.random() * whole)
        os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
        found["kills"] += os.WIFSIGNALED(status)
        new, said = heard(told)
        finished |= new
        found["faults"] += said
        if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
            found["faults"].append("a run failed by itself")
            break
        folder.mkdir(exist_ok=True)
        found["parts"] += any(name.endswith(".part") for name in os.listdir(folder))
        faults, there = wrong_in(folder, finished, rows)
        found["faults"] += faults
        found["unlisted"] += len(there - finished)
        finished |= there
        found["finished"] += len(new)
        if len(there) == BLOCKS // CHUNK:
            found["completed"] += 1
            finished.clear()
            shutil.rmtree(folder)
    return found


def counted(stop_at, *, after):
    """Have the calls to the system counted and end the process, as a kill does, before or after call ``stop_at``."""
    count = [0]

    def wrap(real):
        def call(*given, **named):
            count[0] += 1
            if count[0] == stop_at and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return real(*given, **named)
            finally:
                if count[0] == stop_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        return call

    for name in CALLS:
        setattr(os, name, wrap(getattr(os, name)))


def at_every_step(folder):
    found = {"steps": 0, "faults": []}
    shards._EVERY = 0.0  # the manifest is written with every shard, so that those steps are met too
    begun = folder.with_name("begun.parts")
    with ShardFolder.open(begun, RUN, resume=True) as opened:
        for at in range(0, BLOCKS - 2 * CHUNK, CHUNK):
            opened.add(at, at + CHUNK, arrays(at, at + CHUNK, 1))
    (begun / MANIFEST).write_bytes((begun / MANIFEST).read_bytes()[:-9])  # so that a file is set aside as well
    for after in (False, True):
        step = 0
        while True:
            step += 1
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(begun, folder)
            pid, told = child(folder, 1, lambda step=step, after=after: counted(step, after=after))
            killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
            finished = heard(told)[0] | set(range(0, BLOCKS - 2 * CHUNK, CHUNK))
            try:
                faults, there = wrong_in(folder, finished, 1)
            except ResultError as problem:
                faults, there = [str(problem)], set()
            found["faults"] += [(step, after, text) for text in faults if "manifest.json.damaged" not in text]
            if not killed:
                found["faults"] += [] if len(there) == BLOCKS // CHUNK else [(step, after, "not finished")]
                break
            found["steps"] += 1
    return found


if __name__ == "__main__":
    if sys.argv[1] == "random":
        kills, rows, seed = map(int, sys.argv[2:5])
        told = at_random(kills, rows, seed, Path(sys.argv[5]))
    else:
        told = at_every_step(Path(sys.argv[2]))
    sys.stdout.write(json.dumps(told))
