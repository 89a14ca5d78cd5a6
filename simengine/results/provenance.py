"""Where a run came from: everything needed to run it again, and digests of what it holds (INTERFACE.md, "The result")."""

import datetime
import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simengine.errors import ResultError
from simengine.results.frame import Anything, Frame, Series, as_frame
from simengine.results.pieces import Streamed, pieces
from simengine.schema import SCHEMA_VERSION
from simengine.version import VERSION

if TYPE_CHECKING:
    import xarray as xr

_STRUCTURED = ("study_order", "scenarios", "column_map", "drivers", "warnings", "funding_assumed", "correlations", "unidentified_savings")
#: Attributes of the file that say when and where a run was made: two runs with the same numbers differ in them.
_CIRCUMSTANCES = ("created", "versions", "platform")
_SEAL, _DESCRIBED = "attributes_seal", "attributes"
_OWN = ("digests", "content_hash", _SEAL)
#: Kinds of texts, as NumPy names them.
_TEXTS = "OUT"
_PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "xarray", "h5py", "h5netcdf")


@dataclass(frozen=True)
class Run:
    """What identifies a run, and what it counted."""

    study_name: str
    study_title: str
    study_text: str
    study_order: Mapping[str, object]
    scenarios: tuple[str, ...]
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
    return {name: digest(frame[name].values) for name in sorted((*frame.data_vars, *frame.coords))}


def digest(values: Any) -> str:
    """sha256 of values in C order, of texts with a zero byte between them; what is still in a file is read in pieces."""
    if values.dtype.kind in _TEXTS:
        return joined_texts(values.read() if isinstance(values, Streamed) else np.asarray(values))
    found = hashlib.sha256()
    for _, piece in pieces(values):
        if piece.size:
            found.update(np.ascontiguousarray(piece).data)
    return found.hexdigest()


def joined_texts(values: Anything) -> str:
    """sha256 of texts in C order with a zero byte between them."""
    return hashlib.sha256("\0".join(str(value) for value in values.ravel()).encode()).hexdigest()


def content_hash(found: Mapping[str, str]) -> str:
    """One sha256 over digests: equal for equal numbers, whatever the file or its creation time."""
    return hashlib.sha256(json.dumps(dict(found), sort_keys=True).encode()).hexdigest()


def sealed(frames: "Mapping[str, Frame]", values: Mapping[str, str]) -> dict[str, str]:
    """The attributes that seal a result: ``digests`` (JSON), ``content_hash`` over them, ``attributes_seal`` over all attributes.

    ``frames`` are the root under "" and the groups by name; ``values`` the digests of their values by ``group/variable``. The digest
    ``attributes`` among the digests is of what does not depend on when and where the run was made: dimensions, kinds, shapes and
    attributes of all variables, attributes of the file and of its groups. The seal covers the rest of the file's attributes too.
    """
    found = dict(sorted({**values, _DESCRIBED: _hash(described(frames))}.items()))
    added = {"digests": json.dumps(found), "content_hash": content_hash(found)}
    return {**added, _SEAL: _seal({**frames[""].attrs, **added})}


def described(frames: "Mapping[str, Frame]") -> dict[str, Any]:
    """All of a result that is neither values nor a circumstance of the run, as JSON has it."""
    found: dict[str, Any] = {}
    for group, frame in frames.items():
        left_out = () if group else (*_CIRCUMSTANCES, *_OWN)
        series = {**frame.data_vars, **frame.coords}
        found[group] = {
            "attributes": {key: _plain(value) for key, value in frame.attrs.items() if key not in left_out},
            "variables": {name: [list(one.dims), _kind(one), list(one.shape), _plain_all(one.attrs)] for name, one in series.items()},
        }
    return found


def _kind(one: Series) -> str:
    kind = np.dtype(one.values.dtype)
    return "text" if kind.kind in _TEXTS else kind.str


def _plain_all(attrs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _plain(value) for key, value in attrs.items()}


def _plain(value: Any) -> Any:
    """An attribute as JSON has it, whichever way a file holds it: a list of one is that one."""
    if isinstance(value, str):
        return str(value)
    found = np.asarray(value)
    return found.item() if found.size == 1 else found.tolist()


def _hash(stated: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(stated, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _seal(attrs: Mapping[str, Any]) -> str:
    return _hash({key: _plain(value) for key, value in attrs.items() if key != _SEAL})


def check(path: Path) -> list[str]:
    """What of a stored result is not as it was written, each in words; nothing where every digest is right.

    Everything is read once, in pieces. Raises ResultError where there is no such file or it may not be read.
    """
    from simengine.results.stored import opened

    try:
        with opened(path) as frames:
            return _differences(frames)
    except ResultError:
        raise
    except Exception as problem:  # damaged files end in many kinds of error, deep in the readers
        return [f"the file is damaged and cannot be read to its end ({type(problem).__name__})"]


def _differences(frames: "Mapping[str, Frame]") -> list[str]:
    about = frames[""].attrs
    try:
        stated = dict(json.loads(str(about["digests"])))
    except (KeyError, ValueError, TypeError):
        return ["it holds no digests that can be read: written by an earlier version, or its attribute digests was altered"]
    if _DESCRIBED not in stated or _SEAL not in about:
        return ["its attributes have no digest: written by an earlier version, or altered since"]
    found = []
    series = {f"{group}/{name}".lstrip("/"): one for group, frame in frames.items() for name, one in frame.data_vars.items()}
    for name, one in series.items():
        found += [f"{name} {what}"] if (what := _amiss(one, stated.get(name))) else []
    found += [f"{name} is missing" for name in stated if name not in series and name != _DESCRIBED]
    if _hash(described(frames)) != stated[_DESCRIBED]:
        found.append("an attribute of the file or of a variable, or the study's text, is not what was written")
    if content_hash(stated) != about.get("content_hash"):
        found.append("content_hash is not that of the digests")
    if _seal(about) != about[_SEAL] and not found:
        found.append(f"one of the attributes {', '.join((*_CIRCUMSTANCES, *_OWN))} is not what was written")
    return found


def _amiss(one: Series, stated: str | None) -> str | None:
    if stated is None:
        return "was not part of what was written"
    try:
        same = digest(one.values) == stated
    except Exception as problem:  # as above
        return f"cannot be read: the file is damaged ({type(problem).__name__})"
    return None if same else "has other values than were written"
