"""``python -m benchmarks.cost_of_scale``: what 10^9 and 10^12 draws take and cost on many cores, reckoned from what is measured here.

A draw is simulated, counted and digested by a worker; one process folds what workers hand over strictly in the order of the blocks, which
is why a result does not depend on who worked. So a run takes as long as the slower of the two, and what it starts and ends with:

    time = start-up + max(draws · worker / (cores · efficiency), fold, transfer) + summary + stored bytes / bandwidth
    fold = blocks · (fold of a block's sums) + chunks · (fold of a chunk's counts)
    transfer = (blocks · bytes of a block's sums + chunks · bytes of a chunk's counts + stored bytes) / network

``--measure`` measures the inputs; without it they are read from ``benchmarks/history/cost_of_scale.json``.
"""

import argparse
import json
import os
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

BLOCK = 4096
INPUTS = Path(__file__).with_name("history") / "cost_of_scale.json"
DRAWS, CORES = (10**9, 10**12), (64, 1000)
#: Blocks of a chunk: what a run hands out by itself, and what a run on very many cores would.
CHUNKS = (16, 256)
SECONDS_OF_YEAR = 365.25 * 86_400.0


@dataclass(frozen=True)
class Inputs:
    """What was measured of one study, in seconds of one core, and bytes."""

    subject: str
    machine: str
    worker_of_draw: float
    fold_of_block: float
    fold_of_chunk: float
    bytes_of_block: float
    bytes_of_chunk: float
    stored_bytes_of_draw: float
    start_up: float
    summary: float
    write_bytes_of_second: float


@dataclass(frozen=True)
class Assumed:
    """What is not measured here: stated, with a range where it matters."""

    efficiency: float = 0.9
    network_bytes_of_second: float = 1.25e9
    core_hour: tuple[float, float] = (0.01, 0.05)
    start_of_workers: float = 60.0


@dataclass(frozen=True)
class Reckoned:
    """A run: seconds in all and of its parts, what holds it up, and what its cores cost."""

    draws: int
    cores: int
    chunk: int
    seconds: float
    work: float
    fold: float
    transfer: float
    stored_bytes: float
    price: tuple[float, float]

    @property
    def held_up_by(self) -> str:
        """The part that decides."""
        return max(("work", self.work), ("fold", self.fold), ("transfer", self.transfer), key=lambda pair: pair[1])[0]


def reckon(inputs: Inputs, assumed: Assumed, draws: int, cores: int, chunk: int, *, stored: bool) -> Reckoned:
    """The time and price of so many draws on so many cores, in chunks of so many blocks."""
    blocks = draws / BLOCK
    chunks = blocks / chunk
    kept = draws * inputs.stored_bytes_of_draw if stored else 0.0
    work = draws * inputs.worker_of_draw / (cores * assumed.efficiency)
    fold = blocks * inputs.fold_of_block + chunks * inputs.fold_of_chunk
    transfer = (blocks * inputs.bytes_of_block + chunks * inputs.bytes_of_chunk + kept) / assumed.network_bytes_of_second
    # what is stored is written twice: to shards, and from them to the result
    rest = inputs.start_up + assumed.start_of_workers + inputs.summary + 2.0 * kept / inputs.write_bytes_of_second
    seconds = max(work, fold, transfer) + rest
    low, high = (cores * seconds / 3600.0 * price for price in assumed.core_hour)
    return Reckoned(draws, cores, chunk, seconds, work, fold, transfer, kept, (low, high))


def most_cores(inputs: Inputs, assumed: Assumed, chunk: int) -> float:
    """From how many cores on the one process that folds is what a run waits for."""
    block = BLOCK * inputs.worker_of_draw / assumed.efficiency
    fold = inputs.fold_of_block + inputs.fold_of_chunk / chunk
    transfer = (inputs.bytes_of_block + inputs.bytes_of_chunk / chunk) / assumed.network_bytes_of_second
    return block / max(fold, transfer)


def duration(seconds: float) -> str:
    """Seconds, minutes, hours, days or years, whichever reads best."""
    for size, unit in ((SECONDS_OF_YEAR, "years"), (86_400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.3g} {unit}"
    return f"{seconds:,.3g} s"


def size(count: float) -> str:
    """Bytes in units of a thousand."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000.0:
            return f"{count:.3g} {unit}"
        count /= 1000.0
    return f"{count:,.3g} PB"


def table(inputs: Inputs, assumed: Assumed) -> Iterator[str]:
    """The predictions as Markdown."""
    yield "| draws | cores | stored | blocks of a chunk | time | waits for | core hours | price, USD |"
    yield "|---|---|---|---|---|---|---|---|"
    for draws in DRAWS:
        for cores in CORES:
            for stored, chunk in ((False, CHUNKS[0]), (False, CHUNKS[1]), (True, CHUNKS[0])):
                run = reckon(inputs, assumed, draws, cores, chunk, stored=stored)
                what = f"positions, {size(run.stored_bytes)}" if stored else "summary"
                hours = cores * run.seconds / 3600.0
                low, high = run.price
                shown = f"{low:,.2f} to {high:,.2f}" if high < 100.0 else f"{low:,.0f} to {high:,.0f}"
                row = [
                    f"10^{len(str(draws)) - 1}",
                    str(cores),
                    what,
                    str(chunk),
                    duration(run.seconds),
                    run.held_up_by,
                    f"{hours:,.0f}",
                    shown,
                ]
                yield f"| {' | '.join(row)} |"


def text(inputs: Inputs, assumed: Assumed) -> str:
    """Inputs, assumptions, predictions."""
    lines = [f"{inputs.subject}, on {inputs.machine}:"]
    lines.append(f"  worker {inputs.worker_of_draw * 1e6:.2f} µs a draw: {1.0 / inputs.worker_of_draw:,.0f} draws a second and core")
    lines.append(f"  fold {inputs.fold_of_block * 1e6:,.0f} µs a block and {inputs.fold_of_chunk * 1e3:.2f} ms a chunk")
    lines.append(f"  handed over {size(inputs.bytes_of_block)} a block and {size(inputs.bytes_of_chunk)} a chunk")
    lines.append(
        f"  stored (positions) {inputs.stored_bytes_of_draw:,.0f} bytes a draw; written at {size(inputs.write_bytes_of_second)} a second"
    )
    lines.append(f"  start-up {inputs.start_up:.1f} s, summary {inputs.summary:.2f} s")
    lines.append(
        f"assumed: efficiency {assumed.efficiency:.0%}, network {size(assumed.network_bytes_of_second)} a second, "
        f"{assumed.core_hour[0]} to {assumed.core_hour[1]} USD a core hour, workers there after {assumed.start_of_workers:.0f} s"
    )
    for chunk in CHUNKS:
        lines.append(
            f"in chunks of {chunk} blocks the process that folds is waited for from {most_cores(inputs, assumed, chunk):,.0f} cores on"
        )
    return "\n".join([*lines, "", *table(inputs, assumed)])


def measure(subject: str, rounds: int = 3) -> Inputs:
    """Measure the inputs of a subject of the benchmarks, on one thread."""
    from benchmarks.machine import machine_class
    from benchmarks.processes import run_process
    from benchmarks.subjects import ALL
    from simengine.api import stored_bytes
    from simengine.engine.plan import prepare
    from simengine.engine.runner import Settings
    from simengine.runs.execute import wanted_of
    from simengine.runs.job import Laid
    from simengine.runs.state import State

    with tempfile.TemporaryDirectory() as folder:
        path = ALL[subject].write(Path(folder))
        ready = prepare(ALL[subject].study(Path(folder)))
        settings = Settings(BLOCK * 4096, 1, "sobol", 1)
        laid = Laid.of(ready, settings, wanted_of(ready, (), in_memory=False))
        worker, blocks = laid.worker(), CHUNKS[0]
        worker.run(0, blocks)
        work, fold, bytes_ = [], {blocks: [], 4 * blocks: []}, {}
        for k in range(rounds):
            start = time.process_time()
            worker.run(k * blocks, (k + 1) * blocks)
            work.append((time.process_time() - start) / (blocks * BLOCK))
        for count, found in fold.items():
            state = State.new(laid)
            for k in range(rounds):
                sent = pickle.dumps(worker.run(k * count, (k + 1) * count), protocol=5)
                bytes_[count] = len(sent)
                start = time.process_time()
                state.add(pickle.loads(sent))  # noqa: S301 - our own
                found.append(time.process_time() - start)
        # a chunk and one of four times as many blocks: what is by block, and what by chunk
        one, many = (statistics.median(found) for found in fold.values())
        by_block = max((many - one) / (3 * blocks), 0.0)
        bytes_of_block = (bytes_[4 * blocks] - bytes_[blocks]) / (3 * blocks)
        out = Path(folder) / "x.nc"
        options = ["-m", "simengine", "run", str(path), "--store", "summary", "--quiet", "--threads", "1", "--force", "--out", str(out)]
        run_process([*options, "--draws", "4096"])
        start_up = statistics.median(run_process([*options, "--draws", "4096"]).cpu for _ in range(3))
        stored = float(stored_bytes(ready, 1, "positions"))
        return Inputs(
            subject=subject,
            machine=", ".join(str(value) for value in machine_class().values()) + " cores",
            worker_of_draw=statistics.median(work),
            fold_of_block=by_block,
            fold_of_chunk=max(one - blocks * by_block, 0.0),
            bytes_of_block=bytes_of_block,
            bytes_of_chunk=max(bytes_[blocks] - blocks * bytes_of_block, 0.0),
            stored_bytes_of_draw=stored,
            start_up=start_up,
            summary=0.0,
            write_bytes_of_second=_write_speed(Path(folder)),
        )


def _write_speed(folder: Path, count: int = 2**28) -> float:
    """Bytes a second of a plain sequential write, synced."""
    piece = os.urandom(2**22)
    start = time.perf_counter()
    with (folder / "written").open("wb", buffering=0) as file:
        for _ in range(count // len(piece)):
            file.write(piece)
        os.fsync(file.fileno())
    return count / (time.perf_counter() - start)


def main(given: Sequence[str]) -> int:
    """Print the table, after measuring where that is asked for."""
    read = argparse.ArgumentParser(prog="python -m benchmarks.cost_of_scale")
    read.add_argument("--measure", metavar="SUBJECT", help="measure the inputs here, and keep them in --inputs")
    read.add_argument("--inputs", type=Path, default=INPUTS)
    asked = read.parse_args(given)
    if asked.measure:
        asked.inputs.write_text(json.dumps(asdict(measure(asked.measure)), indent=1) + "\n", encoding="utf-8")
    print(text(Inputs(**json.loads(asked.inputs.read_text(encoding="utf-8"))), Assumed()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
