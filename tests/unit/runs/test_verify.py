"""verify: every alteration of a result is found, by its digests or, where these were worked out anew, by drawing blocks again."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from simengine.engine.moments import SUM
from simengine.engine.tile import BLOCK
from simengine.errors import ResultError
from simengine.runs.from_result import stored_run
from simengine.runs.verify import chosen_blocks, verify
from simengine.study.load import load_study
from tests.unit.cli.care import simrisk, study_file
from tests.unit.runs.files import reseal, written
from tests.unit.runs.ways import in_streams

pytestmark = pytest.mark.unit

DRAWS = 2 * BLOCK + 100


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, Path]:
    """Stored runs of two whole blocks and a part of one, base and scenarios, one with draws and one without."""
    place = tmp_path_factory.mktemp("verify")
    study = load_study(study_file(place))
    return {store: written(study, place / f"{store}.nc", DRAWS, store=store) for store in ("positions", "summary")}


@pytest.fixture
def copies(results, tmp_path) -> dict[str, Path]:
    """Files that may be altered."""
    return {store: Path(shutil.copy(path, tmp_path)) for store, path in results.items()}


@pytest.mark.parametrize("store", ["positions", "summary"])
def test_a_good_file(results, store):
    found = verify(results[store])
    assert (found.differences, found.blocks, found.of_blocks, found.draws, found.digested) == ((), (0, 1, 2), 3, DRAWS, True)
    assert ("net_position" in found.compared) is (store == "positions")
    assert ("driver_value" in found.compared) is (store == "positions")
    assert found.notes == ()


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_fewer_blocks(results, blocks):
    assert verify(results["positions"], blocks).blocks == {0: (), 1: (0,), 2: (0, 2)}[blocks]


def next_number(values, at):
    values[at] = np.nextafter(values[at], np.inf)


#: What is altered, and what the differences have to name.
ALTERATIONS = {
    "a draw": (lambda file: next_number(file["net_position"], (BLOCK + 7, 1, 0)), "net_position"),
    "a plan": (lambda file: next_number(file["plan_net_position"], 1), "plan_net_position"),
    "a summary": (lambda file: next_number(file["summary/net_position"], (0, 0, 0)), "summary/net_position"),
    "a state": (lambda file: next_number(file["blocks/detail_0"], (3, 1)), "blocks/detail_0"),
    "a label": (lambda file: file["party"].write_direct(np.array(["a", *file["party"].asstr()[1:]], object)), "party"),
    "a unit": (lambda file: file["net_position"].attrs.__setitem__("units", "EUR"), "attribute"),
    "the study": (lambda file: alter_text(file, "study_text", "4_000", "4_001"), "text"),
    "the seed": (lambda file: file.attrs.__setitem__("seed", "4"), "attribute"),
    "the time": (lambda file: alter_text(file, "created", "20", "21"), "created"),
    "a version": (lambda file: alter_text(file, "versions", "numpy", "numpj"), "versions"),
    "a digest": (lambda file: alter_text(file, "digests", "a", "b"), "digest"),
}


def alter_text(file, key, old, new):
    text = file.attrs[key]
    assert old in text
    file.attrs[key] = text.replace(old, new, 1)


# a number, an attribute and the study always, the others in the slow tests: every one checks a whole file
ALWAYS = ("a draw", "a unit", "the study")
SLOW = [pytest.param(one, marks=pytest.mark.slow) for one in ALTERATIONS if one not in ALWAYS]


@pytest.mark.parametrize("what", [*ALWAYS, *SLOW])
def test_an_alteration_is_found_by_the_digests(copies, what):
    alter, named = ALTERATIONS[what]
    with h5py.File(copies["positions"], "r+") as file:
        alter(file)
    words = [one.words for one in verify(copies["positions"], 0).differences]
    assert any(named in one for one in words), words


def test_a_draw_altered_on_purpose_is_named_with_both_values(copies):
    path, draw = copies["positions"], 2 * BLOCK + 99
    with h5py.File(path, "r+") as file:
        stored = float(file["party_position"][draw, 1, 2, 1])
        file["party_position"][draw, 1, 2, 1] = stored + 1.0
        party, scenario = file["party"].asstr()[2], file["scenario"].asstr()[1]
    reseal(path)
    one, *others = verify(path).differences
    # a summary that was not altered with it is not the one of these draws
    assert {other.variable.removesuffix("_se").removesuffix("_difference") for other in others} == {"summary/party_position"}
    assert (one.variable, one.draw, one.stored, one.recomputed, one.block, one.more) == ("party_position", draw, stored + 1.0, stored, 2, 0)
    assert one.place == f"year 2026, party {party}, scenario {scenario}"
    assert repr(stored) in one.words
    assert repr(stored + 1.0) in one.words


@pytest.mark.parametrize("store", ["positions", pytest.param("summary", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("name", "at"), [("net_position", (0, 0, 0)), ("net_position_se", (4, 1, 0)), ("activity", (1, 0, 0, 1))])
def test_a_statistic_altered_on_purpose_is_not_that_of_the_draws(copies, store, name, at):
    path = copies[store]
    with h5py.File(path, "r+") as file:
        stored = float(file["summary"][name][at])
        file["summary"][name][at] = np.nextafter(stored, np.inf)
    reseal(path)
    (one,) = verify(path, 0).differences
    assert (one.variable, one.recomputed, one.more) == (f"summary/{name}", stored, 0)
    assert f"worked out again {stored!r}" in one.words


@pytest.mark.slow
def test_counts_altered_on_purpose_are_not_those_of_the_summary(copies):
    path = copies["summary"]
    with h5py.File(path, "r+") as file:
        file["blocks/series"][:, SUM] = np.nextafter(file["blocks/series"][:, SUM], np.inf)
    reseal(path)
    assert {one.variable.partition("/")[0] for one in verify(path, 0).differences} == {"summary"}


@pytest.mark.slow
def test_a_summary_of_a_second_pass(results, tmp_path):
    study = load_study(study_file(tmp_path))
    path = written(study, tmp_path / "exact.nc", DRAWS, store="summary", exact=True)
    found = verify(path, 1)
    assert (found.differences, found.blocks) == ((), (0,))
    assert found.notes == (
        "exact quantiles and shortfalls of counted outputs (--exact) were not drawn again: the rest of the summary was compared",
    )
    with h5py.File(path, "r+") as file:
        file["summary/net_position"][0, 0, 0] += 1.0
    reseal(path)
    (one,) = verify(path, 0).differences
    assert one.variable == "summary/net_position"


@pytest.mark.parametrize("store", [["net_position", "activity"], pytest.param("all", marks=pytest.mark.slow)])
def test_a_summary_of_draws_that_were_streamed(tmp_path, monkeypatch, store):
    """What was counted, and what was only summed, though its draws are stored."""
    study = load_study(study_file(tmp_path))
    with monkeypatch.context() as patched:
        in_streams(patched)
        path = written(study, tmp_path / "run.nc", DRAWS, store=store)
    assert verify(path, 1).differences == ()


@pytest.mark.slow
def test_signs_of_zeros_are_bits_and_nan_is_nan(copies):
    path = copies["positions"]
    with h5py.File(path, "r+") as file:
        zeros = np.argwhere(file["settlement"][:BLOCK] == 0.0)[0]
        file["settlement"][tuple(zeros)] = -0.0
    reseal(path)
    (one,) = verify(path, 1).differences
    assert (one.variable, str(one.stored), str(one.recomputed)) == ("settlement", "-0.0", "0.0")


@pytest.mark.parametrize("store", ["positions", pytest.param("summary", marks=pytest.mark.slow)])
def test_other_draws_under_digests_that_hold(copies, store):
    path = copies[store]
    with h5py.File(path, "r+") as file:
        file.attrs["seed"] = "4"
    reseal(path)
    found = verify(path)
    digests = [one for one in found.differences if "digest" in one.words]
    assert {one.block for one in digests} == {0, 1, 2}
    assert len(digests) == 3 * 3 * 2  # blocks, scenarios, parts
    assert any(one.variable == "driver_value" for one in found.differences) is (store == "positions")


@pytest.mark.slow
def test_another_study_under_digests_that_hold(copies):
    path = copies["summary"]
    with h5py.File(path, "r+") as file:
        alter_text(file, "study_text", "4_000", "4_001")
    reseal(path)
    (one,) = verify(path).differences
    assert "was altered" in one.words


def test_block_digests_that_are_missing_or_wrong(copies):
    path = copies["summary"]
    with h5py.File(path, "r+") as file:
        digests = file["blocks/digest"]
        digests[1, 0, 1] = digests[1, 0, 1] ^ np.array(1, digests.dtype)
    reseal(path)
    (one,) = verify(path).differences
    assert (one.block, one.place) == (1, "scenario base")
    assert "sums of line and scheme variables" in one.words


def test_other_versions_are_said_and_other_streams_refused(copies):
    path = copies["summary"]
    with h5py.File(path, "r+") as file:
        versions = json.loads(file.attrs["versions"])
        file.attrs["versions"] = json.dumps({**versions, "numpy": "1.0"})
    reseal(path)
    found = verify(path)
    assert found.differences == ()
    assert found.notes[0].startswith("written with numpy 1.0, this is ")
    with h5py.File(path, "r+") as file:
        file.attrs["stream_version"] = "simrisk-stream-0"
    reseal(path)
    with pytest.raises(ResultError, match="simrisk-stream-0"):
        verify(path)


@pytest.mark.slow
def test_every_flip_of_a_bit_in_what_is_drawn_is_found(copies):
    """Flips in the bytes of the file itself, in the draws and in the text of the study."""
    path = copies["positions"]
    with h5py.File(path) as file:
        offset = file["net_position"].id.get_offset()
        text = file.attrs["study_text"].encode()
    content = bytearray(path.read_bytes())
    start = content.find(text)
    assert start > 0
    generator = np.random.default_rng(1)
    places = [offset + int(k) for k in generator.integers(0, 8 * 1000, 4)] + [start + int(k) for k in generator.integers(0, len(text), 4)]
    for place in places:
        flipped = content.copy()
        flipped[place] ^= 1 << int(generator.integers(0, 7))
        path.write_bytes(flipped)
        assert verify(path, 0).differences, place


def test_a_store_of_chunks(results, tmp_path):
    pytest.importorskip("zarr")
    path = written(stored_run(results["positions"]).study, tmp_path / "all.zarr", BLOCK + 10)
    found = verify(path)
    assert (found.differences, found.blocks) == ((), (0, 1))
    assert "net_position" in found.compared
    (chunk, *_) = sorted(file for file in (path / "net_position").rglob("*") if file.is_file() and file.name != "zarr.json")
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    assert "net_position" in verify(path).differences[0].words


def test_what_is_drawn_again_is_spread_and_follows_from_the_content():
    for draws in (1, BLOCK, BLOCK + 1, 20 * BLOCK, 1000 * BLOCK + 5):
        total = -(-draws // BLOCK)
        found = chosen_blocks(draws, 8, "content")
        assert len(found) == len(set(found)) == min(8, total)
        assert found == tuple(sorted(found))
        assert {0, total - 1} <= set(found)
        assert draws < BLOCK or draws // BLOCK - 1 in found
    many = chosen_blocks(1000 * BLOCK + 5, 8, "content")
    assert many != chosen_blocks(1000 * BLOCK + 5, 8, "another")
    assert many == chosen_blocks(1000 * BLOCK + 5, 8, "content")
    # one in each fifth of the rest
    assert [block * 5 // 1000 for block in many[1:6]] == [0, 1, 2, 3, 4]
    assert chosen_blocks(5 * BLOCK, 99, "") == (0, 1, 2, 3, 4)
    assert chosen_blocks(5 * BLOCK, 0, "") == ()


def test_the_command(results, copies, tmp_path):
    done = simrisk("verify", results["positions"], "--blocks", "1")
    assert done.exit_code == 0, done.stderr
    assert "1 of 3 blocks drawn again (4,096 draws): block digests and" in done.stdout
    assert done.stdout.rstrip().endswith("every bit is the same")
    with h5py.File(copies["positions"], "r+") as file:
        next_number(file["net_position"], (5, 1, 0))
    done = simrisk("verify", copies["positions"], "--all", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)["result"]
    assert told["blocks"] == [0, 1, 2]
    assert [one["variable"] for one in told["differences"]] == [None, "net_position"]
    assert told["differences"][1]["draw"] == 5
    done = simrisk("verify", copies["positions"])
    assert done.exit_code == 1
    assert "2 differences" in done.stdout
    for path in (tmp_path / "none.nc", study_file(tmp_path)):
        assert simrisk("verify", path).exit_code == 2
