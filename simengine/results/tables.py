"""The inverse tables of a run in its file, so that the same numbers can be drawn again wherever SciPy would round otherwise."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from simengine.distributions.base import Encoded
from simengine.distributions.tables import pack_tables, unpack_tables
from simengine.results.frame import Frame, Series
from simengine.results.stored import numbers_and_attribute

TABLES_GROUP = "tables"


def tables_dataset(used: Mapping[str, Encoded]) -> Frame:
    """Encoded distributions as one row of coefficients and a JSON index: what each was written as, its code, arguments and place."""
    numbers, index = pack_tables(used)
    about = {"long_name": "coefficients of the inverse distribution functions that the draws were made with", "units": "1"}
    return Frame({"coefficients": Series(("coefficient",), numbers, about)}, attrs={"index": index})


def read_tables(path: Path) -> dict[str, Encoded]:
    """The tables of a stored run; none of a file that has none or cannot be read."""
    try:
        numbers, index = numbers_and_attribute(path, TABLES_GROUP, "coefficients", "index")
        return unpack_tables(np.asarray(numbers, np.float64), index)
    except Exception:  # a missing group and a damaged file end in many kinds of error, deep in the readers
        return {}
