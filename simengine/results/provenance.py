"""Where a run came from: everything needed to run it again, and digests of what it holds (INTERFACE.md, "The result")."""

import datetime
import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from simengine.results.frame import Anything, Frame, as_frame
from simengine.schema import SCHEMA_VERSION
from simengine.version import VERSION

if TYPE_CHECKING:
    import xarray as xr

_STRUCTURED = ("column_map", "drivers", "warnings", "funding_assumed", "correlations", "unidentified_savings")
_PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "xarray", "h5py", "h5netcdf")


@dataclass(frozen=True)
class Run:
    """What identifies a run, and what it counted."""

    study_name: str
    study_title: str
    study_text: str
    study_hash: str
    seed: int
    sampler: str
    stream_version: str
    draws: int
    failed: int
    clipped: int
    money_unit: str
    column_map: Mapping[str, int]
    drivers: Mapping[str, Mapping[str, object]]
    warnings: tuple[str, ...]
    funding_assumed: tuple[str, ...]
    correlations: tuple[Mapping[str, object], ...]
    unidentified_savings: Mapping[str, Mapping[str, object]]
    observed: tuple[str, ...] = ()


def package_versions() -> dict[str, str]:
    """Versions of this package and of what its numbers rest on."""
    found = {"simrisk": VERSION}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def attributes(run: Run) -> dict[str, str | int]:
    """The run as attributes of a NetCDF file: texts and whole numbers, JSON where the format has no type."""
    stated = asdict(run)
    structured = {key: stated.pop(key) for key in _STRUCTURED}
    observed = stated.pop("observed")
    title = stated.pop("study_title") or f"simrisk run of {run.study_name}"
    # NetCDF has no unsigned 64-bit attribute that every reader takes: the seed is text
    stated["seed"] = str(run.seed)
    return {
        "title": title,
        "Conventions": "CF-1.10",
        "simrisk_schema_version": SCHEMA_VERSION,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": json.dumps(package_versions()),
        "platform": f"{platform.system()} {platform.machine()} Python {platform.python_version()}",
        **stated,
        **{key: json.dumps(value, sort_keys=True, default=str) for key, value in structured.items()},
        **({"observed": json.dumps(observed)} if observed else {}),
    }


def digests(dataset: "Frame | xr.Dataset") -> dict[str, str]:
    """sha256 of the values of every variable and coordinate, in C order."""
    frame = as_frame(dataset)
    return {name: digest(frame[name].to_numpy()) for name in sorted((*frame.data_vars, *frame.coords))}


def digest(values: Anything) -> str:
    """sha256 of the values of an array in C order, of texts with a zero byte between them."""
    if values.dtype.kind in "OU":
        return joined_texts(values)
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()


def joined_texts(values: Anything) -> str:
    """sha256 of texts in C order with a zero byte between them."""
    return hashlib.sha256("\0".join(str(value) for value in values.ravel()).encode()).hexdigest()


def content_hash(found: Mapping[str, str]) -> str:
    """One sha256 over ``digests``: equal for equal numbers, whatever the file or its creation time."""
    return hashlib.sha256(json.dumps(dict(found), sort_keys=True).encode()).hexdigest()
