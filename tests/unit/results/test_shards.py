"""The folder of an unfinished run: what is found there is checked, named and set aside, and the rest is computed."""

import os
import re
from dataclasses import replace

import numpy as np
import pytest

from simengine.errors import ResultError
from simengine.results import shard_file, shards
from simengine.results.manifest import MANIFEST, read_manifest
from simengine.results.run_lock import LOCK
from simengine.results.shard_file import shard_name, write_shard
from simengine.results.shards import ShardFolder

pytestmark = pytest.mark.unit

BLOCKS = 10


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "x.parts"


@pytest.fixture
def begun(folder, run, arrays):
    """A folder with blocks 0 to 1, 2 to 4 and 7 to 9 finished."""
    with ShardFolder.open(folder, run(), resume=False) as opened:
        for first, stop in ((0, 2), (7, 10), (2, 5)):
            opened.add(first, stop, arrays(first, stop))
    return folder


def ranges(opened):
    return [(shard.first, shard.stop) for shard in opened.shards]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != LOCK}


def change(path, at=-300):
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


def test_a_run_is_begun_left_resumed_and_removed(begun, run, arrays):
    assert sorted(os.listdir(begun)) == [MANIFEST, shard_name(0, 2), shard_name(2, 5), shard_name(7, 10)]
    with ShardFolder.open(begun, run(), resume=True, threads=2) as opened:
        assert opened.messages == []
        assert ranges(opened) == [(0, 2), (2, 5), (7, 10)]
        assert opened.blocks_missing(BLOCKS) == [(5, 7)]
        opened.add(5, 7, arrays(5, 7))
        assert opened.blocks_missing(BLOCKS) == []
        together = np.concatenate([opened.read(shard, ["store"])["store"] for shard in opened.shards], axis=1)
        np.testing.assert_array_equal(together, arrays(0, 10)["store"])
        assert opened.remove() == []
    assert not begun.exists()


def test_blocks_missing(folder, run, arrays):
    with ShardFolder.open(folder, run(), resume=True) as opened:
        assert opened.blocks_missing(BLOCKS) == [(0, 10)]
        assert opened.blocks_missing(0) == []
        opened.add(3, 4, arrays(3, 4))
        opened.add(6, 8, arrays(6, 8))
        assert opened.blocks_missing(BLOCKS) == [(0, 3), (4, 6), (8, 10)]
        assert opened.blocks_missing(7) == [(0, 3), (4, 6)]
        assert opened.blocks_missing(5) == [(0, 3), (4, 5)]
        assert opened.blocks_missing(2) == [(0, 2)]


def test_a_run_without_resume_leaves_finished_shards_alone(begun, run):
    before = content(begun)
    text = re.escape(
        f"{begun} holds an unfinished run with 3 finished shards: add --resume to go on with it, give another --out, or remove"
    )
    with pytest.raises(ResultError, match=text):
        ShardFolder.open(begun, run(), resume=False)
    assert content(begun) == before
    assert not (begun / LOCK).exists()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"study_hash": "ab" * 32, "identity": "cd" * 32}, "the study was changed (its hash was 2e2e2e2e and is abababab). Run"),
        ({"seed": 2}, "the seed was 18446744073709551615 and is 2. Run"),
        ({"sampler": "lhs"}, "the sampler was sobol and is lhs. Run"),
        ({"draws": 30_000}, "the draws were 40,000 and are 30,000 (an unfinished run may be given more draws, never fewer). Run"),
        ({"scenarios": ("base",), "identity": "cd" * 32}, "the scenarios were base, kühn and are base. Run"),
        ({"store": ()}, "the stored variables were net_saving, pool and are none. Run"),
        ({"block": 1_024}, "the draws in a block were 4,096 and are 1,024. Run"),
        ({"version": "0.3.0"}, "the version of simrisk was 0.2.0 and is 0.3.0. Run"),
        ({"schema_version": "2"}, "the layout of results was 1 and is 2. Run"),
        ({"stream_version": "streams-2"}, "the version of the streams was streams-1 and is streams-2. Run"),
        ({"tables": "ef" * 32}, "the inverse tables (--tables) are others. Run"),
        ({"identity": "cd" * 32}, "its identity was 1f1f1f1f and is cdcdcdcd. Run"),
        ({"seed": 2, "sampler": "lhs"}, "the seed was 18446744073709551615 and is 2; the sampler was sobol and is lhs. Run"),
    ],
)
@pytest.mark.parametrize("manifest", ["there", "gone", "damaged"])
def test_another_run_is_refused_with_the_difference(begun, run, changes, text, manifest):
    if manifest == "gone":
        (begun / MANIFEST).unlink()
    elif manifest == "damaged":
        change(begun / MANIFEST)
    before = content(begun)
    with pytest.raises(ResultError, match=re.escape(f"{begun} holds an unfinished run that this one cannot go on with: {text}")):
        ShardFolder.open(begun, run(**changes), resume=True)
    assert content(begun) == before
    assert not (begun / LOCK).exists()


def test_another_layout_is_refused(begun, run, monkeypatch):
    monkeypatch.setattr("simengine.results.manifest.LAYOUT", 2)
    monkeypatch.setattr(shard_file, "LAYOUT", 2)
    with pytest.raises(
        ResultError, match=r"manifest.json was written by a version of simrisk with layout 1 of unfinished runs, this one reads"
    ):
        ShardFolder.open(begun, run(), resume=True)
    (begun / MANIFEST).unlink()
    with pytest.raises(ResultError, match="written with layout 1 of unfinished runs, this version of simrisk reads layout 2"):
        ShardFolder.open(begun, run(), resume=True)
    assert len(content(begun)) == 3


@pytest.mark.parametrize(
    ("harm", "text"),
    [
        (change, "altered: its digest is not that of its content"),
        (lambda path: os.truncate(path, path.stat().st_size - 1), r"cut short, or altered at its end \([\d,]+ bytes\)"),
        (lambda path: os.truncate(path, 100), r"cut short, or altered at its end \(100 bytes\)"),
        (lambda path: os.truncate(path, 0), r"cut short, or altered at its end \(0 bytes\)"),
        (lambda path: path.write_bytes(b"x" * 5_000), r"cut short, or altered at its end \(5,000 bytes\)"),
    ],
)
def test_a_damaged_shard_is_set_aside_and_its_blocks_are_missing(begun, run, harm, text):
    harm(begun / shard_name(2, 5))
    damaged = (begun / shard_name(2, 5)).read_bytes()
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.blocks_missing(BLOCKS) == [(2, 7)]
        assert len(opened.messages) == 1
        named = re.escape(str(begun / shard_name(2, 5)))
        assert re.fullmatch(rf"{named}: {text}; kept as {shard_name(2, 5)}\.damaged, its blocks are computed again", opened.messages[0])
    assert (begun / f"{shard_name(2, 5)}.damaged").read_bytes() == damaged
    assert not (begun / shard_name(2, 5)).exists()


def test_what_was_set_aside_is_never_written_over_and_never_removed(begun, run, arrays):
    for n in range(3):
        change(begun / shard_name(2, 5))
        with ShardFolder.open(begun, run(), resume=True) as opened:
            assert opened.messages[0].endswith(f"{'.damaged' if n == 0 else f'.damaged.{n + 1}'}, its blocks are computed again")
            opened.add(2, 5, arrays(2, 5))
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.messages == []
        left = opened.remove()
    assert left == sorted(os.listdir(begun)) == [f"{shard_name(2, 5)}.damaged{end}" for end in ("", ".2", ".3")]


def test_a_shard_of_another_run_is_set_aside(begun, run, arrays):
    write_shard(begun, run(seed=7), 5, 7, arrays(5, 7))
    write_shard(begun, run(version="0.1.0"), 7, 10, arrays(7, 10))
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.blocks_missing(BLOCKS) == [(5, 10)]
        assert opened.messages[:2] == [
            f"{begun / shard_name(5, 7)}: of another run: the seed was 7 and is 18446744073709551615; "
            f"kept as {shard_name(5, 7)}.foreign, its blocks are computed again",
            f"{begun / shard_name(7, 10)}: of another run: the version of simrisk was 0.1.0 and is 0.2.0; "
            f"kept as {shard_name(7, 10)}.foreign, its blocks are computed again",
        ]


def test_a_copy_under_another_name_and_a_shard_beyond_the_run(begun, run, arrays):
    (begun / shard_name(5, 8)).write_bytes((begun / shard_name(2, 5)).read_bytes())
    write_shard(begun, run(), 10, 11, arrays(10, 11))
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.blocks_missing(BLOCKS) == [(5, 7)]
        assert opened.messages == [
            f"{begun / shard_name(5, 8)}: named after other blocks: it holds blocks 2 to 4; "
            f"kept as {shard_name(5, 8)}.damaged, its blocks are computed again",
            f"{begun / shard_name(10, 11)}: it holds block 10 of a run that has 10; "
            f"kept as {shard_name(10, 11)}.damaged, its blocks are computed again",
        ]


def test_overlapping_shards(begun, run, arrays):
    write_shard(begun, run(), 1, 3, arrays(1, 3))
    write_shard(begun, run(), 7, 9, arrays(7, 9))
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert ranges(opened) == [(0, 2), (2, 5), (7, 10)]
        assert opened.messages == [
            f"{begun / shard_name(1, 3)}: it holds blocks 1 to 2, of which {shard_name(0, 2)} holds some already; "
            f"kept as {shard_name(1, 3)}.overlap",
            f"{begun / shard_name(7, 9)}: it holds blocks 7 to 8, of which {shard_name(7, 10)} holds some already; "
            f"kept as {shard_name(7, 9)}.overlap",
        ]


def test_a_block_is_not_added_twice(begun, run, arrays):
    with ShardFolder.open(begun, run(), resume=True) as opened:
        for first, stop in ((1, 2), (4, 6), (0, 10)):
            with pytest.raises(ValueError, match="would hold blocks that shard-"):
                opened.add(first, stop, arrays(first, stop))
        with pytest.raises(ValueError, match="would hold blocks that shard-"):
            opened.record(opened.shards[0])


def test_a_manifest_that_is_gone_is_made_again(begun, run):
    before = content(begun)
    (begun / MANIFEST).unlink()
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.messages == []
        assert opened.blocks_missing(BLOCKS) == [(5, 7)]
        assert content(begun) == before


@pytest.mark.parametrize(
    "harm", [change, lambda path: os.truncate(path, 200), lambda path: path.write_text("[1]"), lambda path: os.truncate(path, 0)]
)
def test_a_damaged_manifest_is_set_aside_and_made_again(begun, run, harm):
    before = content(begun)
    harm(begun / MANIFEST)
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert len(opened.messages) == 1
        assert re.search(r"manifest\.json: (altered: .*|not a manifest of simrisk); kept as manifest\.json\.damaged$", opened.messages[0])
        assert opened.blocks_missing(BLOCKS) == [(5, 7)]
    (begun / "manifest.json.damaged").unlink()
    assert content(begun) == before


def test_any_byte_of_the_manifest_that_changes_does_no_harm(begun, run):
    whole = (begun / MANIFEST).read_bytes()
    for at in range(0, len(whole), 17):
        (begun / MANIFEST).write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 7]) + whole[at + 1 :])
        with ShardFolder.open(begun, run(), resume=True) as opened:
            assert opened.blocks_missing(BLOCKS) == [(5, 7)]
        assert (begun / MANIFEST).read_bytes() == whole


def test_shards_that_the_manifest_lists_and_that_are_gone(begun, run):
    (begun / shard_name(2, 5)).unlink()
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.messages == [f"{begun / shard_name(2, 5)}: finished and gone, computed again"]
        assert opened.blocks_missing(BLOCKS) == [(2, 7)]
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.messages == []


def test_a_whole_shard_that_is_not_the_listed_one(begun, run, arrays):
    other = arrays(2, 5)
    other["store"][0, 0] += 1.0
    write_shard(begun, run(), 2, 5, other)
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.messages == [
            f"{begun / shard_name(2, 5)}: whole, but not the one that the manifest lists; "
            f"kept as {shard_name(2, 5)}.damaged, its blocks are computed again"
        ]


def test_parts_of_killed_runs_are_swept_and_nothing_else(begun, run):
    left = [f".{shard_name(5, 7)}.123-0.part", ".manifest.json.9-44.part", ".run.lock.5-1.part"]
    others = ["notes.txt", ".part", "x.part", f"{shard_name(5, 7)}.part", ".shard-1.npz.123-0.part"]
    for name in [*left, *others]:
        (begun / name).write_text("x")
    with pytest.raises(ResultError):
        ShardFolder.open(begun, run(seed=1), resume=True)
    assert set(left) <= set(os.listdir(begun))
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert set(os.listdir(begun)) & {*left, *others} == set(others)
        assert opened.remove() == sorted(others)
    assert sorted(os.listdir(begun)) == sorted(others)


def test_two_runs_into_one_folder(begun, run):
    with ShardFolder.open(begun, run(), resume=True):
        before = content(begun)
        for identity in (run(), run(seed=1)):
            with pytest.raises(ResultError, match=f"{begun} is in use by another run: this process"):
                ShardFolder.open(begun, identity, resume=True)
        assert content(begun) == before
        assert (begun / LOCK).exists()


def test_a_shard_that_another_process_wrote_is_recorded_or_found(folder, run, arrays, monkeypatch):
    monkeypatch.setattr(shards, "_EVERY", 0.0)
    with ShardFolder.open(folder, run(), resume=True) as opened:
        opened.record(write_shard(folder, run(), 3, 6, arrays(3, 6)))
        assert [one.first for one in read_manifest(folder)[1]] == [3]
        write_shard(folder, run(), 0, 2, arrays(0, 2))
    with ShardFolder.open(folder, run(), resume=True) as opened:
        assert ranges(opened) == [(0, 2), (3, 6)]


def test_the_manifest_is_not_written_for_every_shard(folder, run, arrays, monkeypatch):
    written, now = [], [0.0]
    quick = shards.write_manifest
    monkeypatch.setattr(shards, "write_manifest", lambda *given: (written.append(len(given[2])), quick(*given)))
    monkeypatch.setattr(shards.time, "monotonic", lambda: now[0])
    with ShardFolder.open(folder, run(), resume=True) as opened:
        for block in range(10):
            now[0] += 0.4
            opened.add(block, block + 1, arrays(block, block + 1))
    assert written == [0, 3, 6, 9, 10]


def test_a_manifest_that_cannot_be_written_says_that_shards_are_kept(folder, run, arrays, monkeypatch):
    monkeypatch.setattr(shards, "_EVERY", 0.0)
    opened = ShardFolder.open(folder, run(), resume=True)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shards, "write_manifest", full)
        text = r"manifest.json was not written: the disk is full; 1 finished shard kept: run again with --resume"
        with pytest.raises(ResultError, match=text):
            opened.add(0, 2, arrays(0, 2))
        opened.close()
    with ShardFolder.open(folder, run(), resume=True) as again:
        assert ranges(again) == [(0, 2)]


def test_a_folder_made_for_nothing_is_not_left(folder, run, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shards, "write_manifest", full)
    with pytest.raises(ResultError, match=re.escape(f"cannot write to {folder}: the disk is full")):
        ShardFolder.open(folder, run(), resume=True)
    assert not folder.exists()


def test_a_run_is_compared_by_all_of_its_fields(run):
    other = {name: ("z",) if isinstance(value, tuple) else 5 if isinstance(value, int) else "z" for name, value in vars(run()).items()}
    for name, value in other.items():
        assert shards.differences(run(), replace(run(), **{name: value})) != [], name
    assert shards.differences(run(), run()) == []


def test_more_draws_go_on_with_what_is_finished(begun, run, arrays):
    # 40,000 draws: the last of ten blocks is not full
    with ShardFolder.open(begun, run(draws=80_000), resume=True) as opened:
        assert opened.messages == [
            f"{begun / shard_name(7, 10)}: its last block is the end of a run of 40,000 draws and not full: its blocks are computed again"
        ]
        assert ranges(opened) == [(0, 2), (2, 5)]
        assert opened.blocks_missing(20) == [(5, 20)]
        opened.add(5, 20, arrays(5, 20))
    assert sorted(os.listdir(begun)) == [MANIFEST, shard_name(0, 2), shard_name(2, 5), shard_name(5, 20)]
    with ShardFolder.open(begun, run(draws=80_000), resume=True) as opened:
        assert (opened.messages, opened.blocks_missing(20)) == ([], [])
    with pytest.raises(ResultError, match=re.escape("the draws were 80,000 and are 40,000 (an unfinished run may be given more draws")):
        ShardFolder.open(begun, run(), resume=True)
    (begun / MANIFEST).unlink()
    with ShardFolder.open(begun, run(draws=90_000), resume=True) as opened:
        assert ranges(opened) == [(0, 2), (2, 5)]


def test_blocks_missing_after_those_of_an_earlier_result(begun, run):
    with ShardFolder.open(begun, run(), resume=True) as opened:
        assert opened.blocks_missing(BLOCKS, 3) == [(5, 7)]
        assert opened.blocks_missing(BLOCKS, 6) == [(6, 7)]
        assert opened.blocks_missing(BLOCKS, 10) == []


def test_a_newer_state_supersedes_the_older_ones(folder, run):
    with ShardFolder.open(folder, run(), resume=True) as opened:
        for stop in (2, 5, 5, 9):
            opened.supersede(stop, {"state_sums": np.full(3, float(stop))})
        assert ranges(opened) == [(0, 9)]
        assert sorted(os.listdir(folder)) == [MANIFEST, LOCK, shard_name(0, 9)]
    with ShardFolder.open(folder, run(), resume=True) as opened:
        assert (opened.messages, opened.blocks_missing(BLOCKS)) == ([], [(9, 10)])
        assert opened.read(opened.shards[0])["state_sums"].tolist() == [9.0, 9.0, 9.0]
        with pytest.raises(ValueError, match="would cover a part of shard-00000000-00000008"):
            opened.supersede(7, {})


def test_what_a_kill_left_of_older_states_is_taken_away(folder, run):
    with ShardFolder.open(folder, run(), resume=True) as opened:
        opened.supersede(2, {"a": np.zeros(1)})
    older = (folder / shard_name(0, 2)).read_bytes()
    with ShardFolder.open(folder, run(), resume=True) as opened:
        opened.supersede(5, {"a": np.ones(1)})
    (folder / shard_name(0, 2)).write_bytes(older)
    with ShardFolder.open(folder, run(), resume=True) as opened:
        assert (opened.messages, ranges(opened)) == ([], [(0, 5)])
    assert sorted(os.listdir(folder)) == [MANIFEST, shard_name(0, 5)]


def test_a_state_that_the_manifest_lists_and_a_newer_one_covers_is_not_missed(folder, run):
    with ShardFolder.open(folder, run(), resume=True) as opened:
        opened.supersede(2, {"a": np.zeros(1)})
    manifest = (folder / MANIFEST).read_bytes()
    with ShardFolder.open(folder, run(), resume=True) as opened:
        opened.supersede(5, {"a": np.ones(1)})
    (folder / MANIFEST).write_bytes(manifest)
    with ShardFolder.open(folder, run(), resume=True) as opened:
        assert (opened.messages, ranges(opened)) == ([], [(0, 5)])


def test_arrays_are_read_in_pieces(folder, run, arrays):
    with ShardFolder.open(folder, run(), resume=True) as opened:
        shard = opened.add(0, 5, arrays(0, 5))
        for size in (1, 100, 10**6):
            found = [piece.copy() for piece in opened.pieces(shard, "failed", size)]
            assert len(found) == (20 if size == 1 else 1)
            np.testing.assert_array_equal(np.concatenate(found), arrays(0, 5)["failed"])
        change(folder / shard.name, (folder / shard.name).read_bytes().index(arrays(0, 5)["store"].tobytes()))
        with pytest.raises(ResultError, match="was damaged since it was checked"):
            list(opened.pieces(shard, "store", 16))
