"""What keeping draws costs, beside a plain write of the same bytes: ``python -m benchmarks.shards [FOLDER] [DRAWS] [ROUNDS]``.

Shards, the result merged from them (NetCDF-4 and Zarr), the same result written from memory, and reading one variable of it. Every
figure is in seconds for 10⁹ bytes, processor time beside wall time, the least of the rounds; a draw has 65 numbers in three variables,
a shard 64 blocks (136 MB).
"""

import hashlib
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from simengine.results import provenance
from simengine.results.frame import Frame, Series
from simengine.results.manifest import Identity
from simengine.results.merge import merged, with_values
from simengine.results.shards import ShardFolder
from simengine.results.store import write_result

BLOCKS, BLOCK = 64, 4_096
#: Variables by name: how many numbers each has in a year, of which there are five.
WIDTHS = {"net_position": 1, "party_position": 4, "settlement": 8}
READ = "party_position"
PLAIN = "plain write, one file, one sync"
#: Processor and wall seconds.
Timing = tuple[float, float]
ENDS = {"nc": "NetCDF-4", "zarr": "Zarr"}


class Bench:
    """The same draws in every form, in a folder."""

    def __init__(self, folder: Path, draws: int) -> None:
        self.folder = folder
        self.shards = max(1, round(draws / (BLOCKS * BLOCK)))
        self.draws = self.shards * BLOCKS * BLOCK
        chance = np.random.default_rng(1)
        self.chunk = {name: chance.random((BLOCKS * BLOCK, 5, width, 1)) for name, width in WIDTHS.items()}
        self.size = float(self.shards * sum(values.nbytes for values in self.chunk.values()))
        self.run = Identity("1f" * 32, "2e" * 32, ("base",), 1, "sobol", self.draws, tuple(WIDTHS), BLOCK, "0", "1", "s")
        self.parts = folder / "bench.parts"

    def plain(self) -> None:
        """One file, written from front to back and synced once."""
        with (self.folder / "plain").open("wb", buffering=0) as file:
            for _ in range(self.shards):
                for values in self.chunk.values():
                    rest = memoryview(values).cast("B")
                    while rest.nbytes:
                        rest = rest[file.write(rest) :]
            os.fsync(file.fileno())

    def write_shards(self) -> None:
        shutil.rmtree(self.parts, ignore_errors=True)
        with ShardFolder.open(self.parts, self.run, resume=True) as opened:
            for k in range(self.shards):
                opened.add(k * BLOCKS, (k + 1) * BLOCKS, self.chunk)

    def find_shards(self) -> None:
        with ShardFolder.open(self.parts, self.run, resume=True) as opened:
            assert opened.blocks_missing(self.shards * BLOCKS) == []

    def frame(self, draws: int, chunk: dict[str, np.ndarray]) -> Frame:
        variables = {name: Series(("draw", "year", f"{name}_label", "scenario"), values) for name, values in chunk.items()}
        return Frame(variables, {"draw": Series(("draw",), np.arange(draws))}, {"seed": "1"})

    def merge(self, end: str) -> Timing:
        """Merging alone: the shards are checked when their folder is opened, which is a figure of its own."""
        with ShardFolder.open(self.parts, self.run, resume=True) as opened:
            few = self.frame(1, {name: one[:1] for name, one in self.chunk.items()})
            frame = with_values(few, merged(opened, WIDTHS), self.draws)
            return timed(lambda: write_result(self.folder / f"merged.{end}", frame, {}, digested=True))

    def from_memory(self) -> Timing:
        """The result of a run that is held in memory, where draws lie by output as they are simulated."""
        by_output = {name: np.concatenate([np.moveaxis(one, 0, -1)] * self.shards, -1) for name, one in self.chunk.items()}
        frame = self.frame(self.draws, {name: np.moveaxis(one, -1, 0) for name, one in by_output.items()})
        return timed(lambda: write_result(self.folder / "memory.nc", frame, {}, digested=True))

    def read(self, end: str) -> np.ndarray:
        with xr.open_dataset(self.folder / f"merged.{end}", engine="zarr" if end == "zarr" else "h5netcdf") as found:
            return found[READ].to_numpy()

    def steps(self) -> dict[str, tuple[Callable[[], Timing], float]]:
        """What is timed, in this order, and of how many bytes."""
        flat, one = memoryview(self.chunk["settlement"]).cast("B"), float(self.chunk[READ].nbytes * self.shards)
        hashes: dict[str, Callable[[memoryview], object]] = {"BLAKE2b": hashlib.blake2b, "SHA-256": hashlib.sha256, "CRC-32": zlib.crc32}
        np.concatenate([self.chunk[READ]] * self.shards).tofile(self.folder / "one")
        found = {f"{name}, in memory": (partial(timed, partial(work, flat)), float(flat.nbytes)) for name, work in hashes.items()}
        found[PLAIN] = partial(timed, self.plain), self.size
        found["shards written"] = partial(timed, self.write_shards), self.size
        found["shards found and checked"] = partial(timed, self.find_shards), self.size
        found |= {f"merged into {name}": (partial(self.merge, end), self.size) for end, name in ENDS.items()}
        found["NetCDF-4 from memory"] = self.from_memory, self.size
        for end, name in ENDS.items():
            check = partial(provenance.check, self.folder / f"merged.{end}")
            found[f"{name}: every digest checked"] = partial(timed, check), self.size
        found["one variable read, plain file"] = partial(timed, lambda: np.fromfile(self.folder / "one")), one
        return found | {f"one variable read, {name}": (partial(timed, partial(self.read, end)), one) for end, name in ENDS.items()}


def timed(work: Callable[[], object]) -> Timing:
    """Processor and wall seconds."""
    start, used = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - used, time.perf_counter() - start


def measure(folder: Path, draws: int, rounds: int) -> dict[str, Timing]:
    """Processor and wall seconds for 10⁹ bytes by name of what was done: the least of rounds in which everything is done once."""
    steps = Bench(folder, draws).steps()
    found: dict[str, list[Timing]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, (work, size) in steps.items():
            used, wall = work()
            found[name].append((used / size * 1e9, wall / size * 1e9))
    least = {name: (min(one[0] for one in timings), min(one[1] for one in timings)) for name, timings in found.items()}
    whole = zip(*(least[name] for name in ("shards written", f"merged into {ENDS['nc']}")), strict=True)
    cpu, wall = (sum(parts) for parts in whole)
    return {**least, "shards and NetCDF-4 merged from them": (cpu, wall)}


def main() -> None:
    above = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
    draws = int(float(sys.argv[2])) if len(sys.argv) > 2 else 1_048_576
    with tempfile.TemporaryDirectory(dir=above) as folder:
        found = measure(Path(folder), draws, int(sys.argv[3]) if len(sys.argv) > 3 else 3)
    print(f"{draws:,} draws\n{'seconds for 1e9 bytes':<36} {'cpu':>7} {'wall':>7} {'share of the plain write: cpu, wall':>36}")
    for name, (used, wall) in found.items():
        written = "shards" in name or "merged" in name or "from memory" in name
        share = f"{found[PLAIN][0] / used:>27.0%}, {found[PLAIN][1] / wall:.0%}" if written else ""
        print(f"{name:<36} {used:>7.2f} {wall:>7.2f} {share}".rstrip())


if __name__ == "__main__":
    main()
