"""A file that is written without xarray holds what one written by xarray holds: every dataset, attribute, scale and type."""

import json

import h5py
import numpy as np
import pytest
import xarray as xr

from simengine.results import netcdf, pieces
from simengine.results.frame import Frame, Series
from simengine.results.provenance import content_hash, digests
from simengine.results.store import write_result

pytestmark = pytest.mark.unit

#: The object that Python wrote, its version and that of HDF5: the only attribute that differs.
PROPERTIES = "_NCProperties"


def frame():
    """Draws that lie by output, as simulated, a flag, labels, and a text with letters of all sorts."""
    values = np.arange(2 * 3 * 500, dtype=np.float64).reshape(2, 3, 500)
    values[1, 2, 7] = np.nan
    about = {"long_name": "worth", "units": "GBP"}
    return Frame(
        {
            "worth": Series(("draw", "year", "party", "scenario"), np.moveaxis(values, -1, 0)[..., np.newaxis], about),
            "hit": Series(("draw", "year"), (np.arange(1000).reshape(500, 2) % 3 - 1).astype(np.int8), {"units": "1"}),
            "plan_worth": Series(("year", "party"), values[:, :, 0], about),
            "year": Series(("year",), np.array(["2025/26", "2026/27"], dtype=object), {"long_name": "year"}),
        },
        {
            "draw": Series(("draw",), np.arange(500), {"long_name": "draw"}),
            "party": Series(("party",), np.array(["board", "tr\u00fcst", "z"], dtype=object)),
            "scenario": Series(("scenario",), np.array(["base"])),
        },
        {"title": "\u00a3 and \u20ac", "draws": 500, "text": "long\n" * 20_000, "empty": ""},
    )


def summary():
    """A group with a dimension of its own beside those of the root."""
    coordinates = {
        "statistic": Series(("statistic",), np.array(["mean", "sd"])),
        "party": Series(("party",), np.array(["board", "tr\u00fcst", "z"])),
    }
    return Frame({"worth": Series(("statistic", "party"), np.ones((2, 3)), {"units": "GBP"})}, coordinates, {"sampler": "sobol"})


def tables():
    """A dimension without labels."""
    return Frame({"numbers": Series(("number",), np.linspace(0.0, 1.0, 11))}, attrs={"index": "[]"})


def contents(path):
    """Everything in the file by place: groups with the order of their members, datasets with type, shape, layout and bytes, attributes."""
    found = {}
    with h5py.File(path) as file:

        def attributes(place, one):
            for key in one.attrs:
                stored = one.attrs.get_id(key)
                value = one.attrs[key]
                if key == "DIMENSION_LIST":
                    value = [file[reference[0]].name for reference in value]
                elif key == "REFERENCE_LIST":
                    value = sorted((file[reference].name, int(axis)) for reference, axis in value)
                elif key == PROPERTIES:
                    continue
                found[place, key] = stored.shape, key not in ("DIMENSION_LIST", "REFERENCE_LIST") and str(stored.dtype), str(value)

        def visit(name, one):
            attributes(name, one)
            if isinstance(one, h5py.Group):
                found[name] = list(one)
            else:
                data = one[()]
                content = data.tolist() if data.dtype == object else data.tobytes()
                found[name] = (
                    str(one.dtype),
                    one.shape,
                    one.maxshape,
                    one.chunks,
                    one.compression,
                    str(one.fillvalue),
                    one.is_scale,
                    content,
                )

        attributes("", file)
        found[""] = list(file)
        file.visititems(visit)
    return found


def written(path, **options):
    write_result(path, frame(), {"summary": summary(), "tables": tables()}, **options)
    return contents(path)


def test_the_file_is_the_one_that_xarray_writes(tmp_path):
    for group, one in ((None, frame()), ("summary", summary()), ("tables", tables())):
        one.to_xarray().to_netcdf(tmp_path / "theirs.nc", engine="h5netcdf", mode="w" if group is None else "a", group=group)
    ours, theirs = written(tmp_path / "ours.nc"), contents(tmp_path / "theirs.nc")
    # in a file that is opened again h5netcdf numbers the dimensions anew
    numbered = {place for place in theirs if place[1:] in (("_Netcdf4Dimid",), ("_Netcdf4Coordinates",)) and "/" in place[0]}
    assert ours.keys() == theirs.keys()
    assert {place: (ours[place], theirs[place]) for place in ours.keys() - numbered if ours[place] != theirs[place]} == {}


def test_pieces_of_draws_make_the_same_file(tmp_path, monkeypatch):
    whole = written(tmp_path / "whole.nc")
    monkeypatch.setattr(pieces, "PIECE", 7 * 6 * 8)
    assert len(list(pieces.pieces(frame()["worth"].to_numpy()))) == 500 // 7 + 1
    assert written(tmp_path / "pieces.nc") == whole


def test_pieces_are_the_array_in_order():
    values = np.moveaxis(np.arange(24.0).reshape(2, 3, 4), -1, 0)
    assert [start for start, _ in pieces.pieces(values)] == [0]
    (_, turned), *_ = pieces.pieces(values)
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(turned, values)
    plain = np.arange(6.0).reshape(3, 2)
    assert next(pieces.pieces(plain))[1] is plain


def test_digests_worked_out_while_writing_are_those_of_the_dataset(tmp_path):
    written(tmp_path / "x.nc", digested=True)
    expected = digests(frame().to_xarray())
    assert expected == digests(frame())
    with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as found:
        stated = json.loads(found.attrs["digests"])
        assert {name: stated[name] for name in expected} == expected
        assert stated.keys() - expected.keys() == {"attributes", "summary/party", "summary/statistic", "summary/worth", "tables/numbers"}
        assert {f"summary/{name}": digest for name, digest in digests(summary()).items()}.items() <= stated.items()
        assert found.attrs["content_hash"] == content_hash(stated)


def test_xarray_reads_what_was_written(tmp_path):
    write_result(tmp_path / "x.nc", frame(), {"summary": summary(), "tables": tables()})
    for group, one in ((None, frame()), ("summary", summary()), ("tables", tables())):
        with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf", group=group) as found:
            xr.testing.assert_identical(found.load(), one.to_xarray())


def test_an_empty_variable(tmp_path):
    empty = Frame({"numbers": Series(("number",), np.zeros(0))}, attrs={"index": "[]"})
    write_result(tmp_path / "x.nc", frame(), {"summary": summary(), "tables": empty})
    numbers, index = netcdf.numbers_and_attribute(tmp_path / "x.nc", "tables", "numbers", "index")
    assert (numbers.size, index) == (0, "[]")
