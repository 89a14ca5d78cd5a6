"""A sealed result: whatever changes in what a reader sees is found, and named; equal numbers have one content hash."""

import json
import random
import re
import shutil

import h5py
import numpy as np
import pytest
import xarray as xr

from simengine.errors import ResultError
from simengine.results import provenance
from simengine.results.frame import Frame
from simengine.results.store import write_result
from tests.unit.results.results_by_hand import groups, run

pytestmark = pytest.mark.unit

GROUPS = (None, "summary", "blocks", "tables")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    path = tmp_path_factory.mktemp("sealed") / "x.nc"
    write_result(path, run(), groups(), digested=True)
    return path


@pytest.fixture
def copy(sealed, tmp_path):
    return shutil.copy(sealed, tmp_path / "x.nc")


def about(path):
    with h5py.File(path) as file:
        return {name: file.attrs[name] for name in ("digests", "content_hash", "attributes_seal")}


def test_a_result_as_it_was_written_has_no_differences(sealed):
    assert provenance.check(sealed) == []
    names = json.loads(about(sealed)["digests"]).keys()
    assert {"worth", "draw", "party", "summary/worth", "summary/statistic", "blocks/sums", "tables/coefficients", "attributes"} <= names


def change_value(file):
    file["worth"][17, 1, 1, 0] = np.nextafter(file["worth"][17, 1, 1, 0], 0.0)


def change_group(file):
    file["blocks/counts"][1] += 1


def change_label(file):
    file["party"][0] = "bored"


def change_unit(file):
    file["worth"].attrs["units"] = "USD"


def change_text(file):
    file.attrs["study_text"] = file.attrs["study_text"].replace("0.02", "0.03", 1)


def change_group_attribute(file):
    file["blocks"].attrs["stop"] = 3


def change_missing(file):
    file["worth"].attrs["_FillValue"] = np.array([3.0])


def add_variable(file):
    file["more"] = file["plan_worth"]


def take_variable(file):
    del file["plan_worth"]


def change_date(file):
    file.attrs["created"] = "2026-11-23"


def change_hash(file):
    file.attrs["content_hash"] = "0" * 64


def change_digest(file):
    stated = json.loads(file.attrs["digests"])
    file.attrs["digests"] = json.dumps({**stated, "worth": "0" * 64})


def take_digests(file):
    del file.attrs["digests"]


def take_seal(file):
    del file.attrs["attributes_seal"]


CIRCUMSTANCE = "one of the attributes created, versions, platform, digests, content_hash, attributes_seal is not what was written"
ATTRIBUTE = "an attribute of the file or of a variable, or the study's text, is not what was written"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_value, ["worth has other values than were written"]),
        (change_group, ["blocks/counts has other values than were written"]),
        (change_label, ["party has other values than were written"]),
        (change_unit, [ATTRIBUTE]),
        (change_text, [ATTRIBUTE]),
        (change_group_attribute, [ATTRIBUTE]),
        (change_missing, [ATTRIBUTE]),
        (add_variable, ["more was not part of what was written", ATTRIBUTE]),
        (take_variable, ["plan_worth is missing", ATTRIBUTE]),
        (change_date, [CIRCUMSTANCE]),
        (change_hash, ["content_hash is not that of the digests"]),
        (change_digest, ["worth has other values than were written", "content_hash is not that of the digests"]),
        (take_digests, ["it holds no digests that can be read: written by an earlier version, or its attribute digests was altered"]),
        (take_seal, ["its attributes have no digest: written by an earlier version, or altered since"]),
    ],
)
def test_what_was_changed_is_named(copy, change, expected):
    with h5py.File(copy, "a") as file:
        change(file)
    assert provenance.check(copy) == expected


def test_a_file_cut_short_is_damaged(copy):
    whole = copy.read_bytes()
    for size in (0, 50, 1_000, len(whole) // 2, len(whole) - 1):
        copy.write_bytes(whole[:size])
        assert provenance.check(copy)[0].startswith("the file is damaged and cannot be read to its end"), size


def test_no_file_is_no_damage(tmp_path):
    with pytest.raises(ResultError, match="there is no such file"):
        provenance.check(tmp_path / "x.nc")


def test_one_content_hash_whatever_the_place_time_versions_and_form(sealed, tmp_path):
    pytest.importorskip("zarr")
    for name, attrs in (("y.nc", {"created": "later", "versions": "[1]", "platform": "there"}), ("z.zarr", {"created": "then"})):
        write_result(tmp_path / name, run(**attrs), groups(), digested=True)
    with xr.open_dataset(tmp_path / "y.nc", engine="h5netcdf") as y, xr.open_dataset(tmp_path / "z.zarr", engine="zarr") as z:
        assert y.attrs["content_hash"] == z.attrs["content_hash"] == about(sealed)["content_hash"]
        assert y.attrs["attributes_seal"] != z.attrs["attributes_seal"]
    write_result(tmp_path / "y.nc", run(title="another"), groups(), digested=True)
    assert about(tmp_path / "y.nc")["content_hash"] != about(sealed)["content_hash"]


def values_of(variable):
    return variable.values.tolist() if variable.dtype == object else variable.values.tobytes()


def shown(path):
    """Everything that xarray shows of a file."""
    found = {}
    for group in GROUPS:
        with xr.open_dataset(path, engine="h5netcdf", group=group) as one:
            one.load()
            variables = {
                name: (
                    v.dims,
                    str(v.dtype),
                    v.values.tolist() if v.dtype == object else v.values.tobytes(),
                    repr(v.attrs),
                    repr(v.encoding.get("_FillValue")),
                )
                for name, v in one.variables.items()
            }
            found[group] = repr(one.attrs), variables, dict(one.sizes), list(one.coords)
    return found


def flips(copy, places, seed):
    """Flip one bit in each of so many places spread over the file: how many readers see, how many the check finds, which it misses."""
    whole, chance = copy.read_bytes(), random.Random(seed)
    before, seen, found, missed = shown(copy), 0, 0, []
    for k in range(places):
        at = int(len(whole) * (k + chance.random()) / places)
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        # a file of its own: a reader that stumbles may leave the other one open, and the next reader sees that
        path = copy.with_name(f"{k}.nc")
        path.write_bytes(changed)
        noticed = provenance.check(path) != []
        try:
            differs = shown(path) != before
        except Exception:
            differs = True
        path.unlink()
        seen, found = seen + differs, found + noticed
        missed += [at] if differs and not noticed else []
    return seen, found, missed


# xarray's reader complains of files that it cannot open a second time, when it is forgotten
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("places", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_every_bit_that_a_reader_sees_is_found(copy, places):
    seen, found, missed = flips(copy, places, 11)
    assert missed == []
    # the rest are bytes of the format that hold nothing
    assert found >= seen > 0.7 * places


def test_the_page_on_results_tells_how_to_check_by_hand(project, tmp_path, monkeypatch):
    text = (project / "docs" / "results.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(import hashlib.*?)^```$", text, re.MULTILINE | re.DOTALL)
    frame = run()
    renamed = Frame({"net_position": frame["worth"]}, frame.coords, frame.attrs)
    monkeypatch.chdir(tmp_path)
    write_result(tmp_path / "run.nc", renamed, {}, digested=True)
    exec(code, {})
    with h5py.File("run.nc", "a") as file:
        file["net_position"][1] = 0.0
    with pytest.raises(AssertionError):
        exec(code, {})
