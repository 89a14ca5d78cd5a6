"""Where a run came from: everything needed to run it again, and digests of what it holds (INTERFACE.md, "The result")."""

import datetime
import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import xarray as xr

from simengine.schema import SCHEMA_VERSION
from simengine.version import VERSION

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


def digests(dataset: xr.Dataset) -> dict[str, str]:
    """sha256 of the values of every variable and coordinate, in C order."""
    found = {}
    for name in sorted(map(str, dataset.variables)):
        values = dataset[name].to_numpy()
        if values.dtype.kind in "OU":
            data: bytes | memoryview = "\0".join(str(value) for value in values.ravel()).encode()
        else:
            data = np.ascontiguousarray(values).data
        found[name] = hashlib.sha256(data).hexdigest()
    return found


def content_hash(found: Mapping[str, str]) -> str:
    """One sha256 over ``digests``: equal for equal numbers, whatever the file or its creation time."""
    return hashlib.sha256(json.dumps(dict(found), sort_keys=True).encode()).hexdigest()
