"""Frames: picked by label, cut to some variables, and as datasets of xarray."""

import numpy as np
import pytest
import xarray as xr

from simengine.results.frame import Frame, Series, as_frame, like

pytestmark = pytest.mark.unit

WORTH = np.arange(12.0).reshape(2, 3, 2)


def frame():
    return Frame(
        {"worth": Series(("year", "party", "scenario"), WORTH, {"units": "GBP"}), "total": Series(("year",), np.array([1.0, 2.0]))},
        {
            "year": Series(("year",), np.array(["2025", "2026"])),
            "party": Series(("party",), np.array(["a", "b", "c"], dtype=object)),
            "scenario": Series(("scenario",), np.array(["base", "bold"])),
        },
        {"title": "x"},
    )


def test_at_labels():
    assert frame().at("worth", party="b", scenario="bold").tolist() == [3.0, 9.0]
    assert frame().at("worth", year="2026", party="c", scenario="base") == 10.0
    np.testing.assert_array_equal(frame().at("worth"), WORTH)


@pytest.mark.parametrize("wrong", [{"party": "d"}, {"stream": "x"}])
def test_a_label_that_is_not_there(wrong):
    with pytest.raises(KeyError):
        frame().at("worth", **wrong)


def test_names_sizes_and_labels():
    found = frame()
    assert ("worth" in found, "party" in found, "stream" in found) == (True, True, False)
    assert found.sizes == {"year": 2, "party": 3, "scenario": 2}
    assert found.labels("party") == ["a", "b", "c"]
    assert (found["worth"].shape, found["worth"].size) == ((2, 3, 2), 12)


def test_chosen_keeps_the_labels_of_what_is_left():
    found = frame().chosen(["total"])
    assert (list(found.data_vars), list(found.coords), found.attrs) == (["total"], ["year"], {"title": "x"})
    found.attrs["title"] = "y"
    assert frame().attrs == {"title": "x"}


def test_as_a_dataset_and_back():
    dataset = frame().to_xarray()
    assert dataset["worth"].sel(party="b", year="2025").to_numpy().tolist() == [2.0, 3.0]
    assert np.shares_memory(dataset["worth"].to_numpy(), WORTH)
    again = as_frame(dataset)
    xr.testing.assert_identical(again.to_xarray(), dataset)
    assert as_frame(again) is again
    assert again["worth"].attrs == {"units": "GBP"}


def test_what_is_in_a_file_stays_there_until_it_is_asked_for(tmp_path):
    frame().to_xarray().to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as dataset:
        found = as_frame(dataset)
        assert found["worth"].shape == (2, 3, 2)
        np.testing.assert_array_equal(found["worth"].to_numpy(), WORTH)


def test_the_kind_that_was_given():
    assert like(frame(), frame()).__class__ is Frame
    assert isinstance(like(frame().to_xarray(), frame()), xr.Dataset)
