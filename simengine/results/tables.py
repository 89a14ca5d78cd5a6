"""The inverse tables of a run in its file, so that the same numbers can be drawn again wherever SciPy would round otherwise."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from simengine.distributions.base import Encoded
from simengine.distributions.tables import pack_tables, unpack_tables

TABLES_GROUP = "tables"


def tables_dataset(used: Mapping[str, Encoded]) -> xr.Dataset:
    """Encoded distributions as one row of coefficients and a JSON index: what each was written as, its code, arguments and place."""
    numbers, index = pack_tables(used)
    about = {"long_name": "coefficients of the inverse distribution functions that the draws were made with", "units": "1"}
    return xr.Dataset({"coefficients": xr.Variable(("coefficient",), numbers, about)}, attrs={"index": index})


def read_tables(path: Path) -> dict[str, Encoded]:
    """The tables of a stored run; none of a file that has none or cannot be read."""
    try:
        with xr.open_dataset(path, engine="h5netcdf", group=TABLES_GROUP) as found:
            return unpack_tables(np.asarray(found["coefficients"].to_numpy(), np.float64), str(found.attrs["index"]))
    except Exception:  # a missing group and a damaged file end in many kinds of error, deep in the readers
        return {}
