"""What a dataset of a run carries beside its draws, so that it can be summarised: statistics of all that has no draws in it.

They travel in ``Dataset.encoding``, which xarray keeps with a dataset and writes to no file, and speak of the whole run: a dataset of
other sizes (some draws, one scenario, several runs joined) is summarised from what it holds alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.errors import SimulationError
from simengine.results.frame import Frame, Series, as_frame
from simengine.results.store import SUMMARY_GROUP
from simengine.results.stored import read_group
from simengine.schema import VARIABLES
from simengine.statistics.summary import DetailMoments, summarise

if TYPE_CHECKING:
    import xarray as xr

_KEY = "simrisk"


@dataclass(frozen=True)
class Carried:
    """Statistics of variables without draws, of all draws of a run whose dimensions have the ``sizes``.

    ``detail`` are moments of line and scheme variables; ``others`` statistics by name, and their errors by name with ``_se``; ``about`` the
    attributes that say how these were made: ``counted`` or ``exact``.
    """

    sizes: Mapping[str, int]
    detail: DetailMoments | None = None
    others: Mapping[str, Series] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def summary(self, frame: Frame, threads: int) -> Frame:
        """The summary of a run with these statistics."""
        found = summarise(frame, self.detail, threads, self.others)
        found.attrs.pop("counted", None)
        found.attrs.update(self.about)
        return found

    @classmethod
    def of_file(cls, path: Path, dataset: "xr.Dataset") -> "Carried":
        """What the file of a run says of everything that it has no draws of."""
        found = read_group(path, SUMMARY_GROUP)
        assert found is not None, "a result without a summary is not opened"
        there = {str(name) for name in dataset.data_vars}
        others = {name: one for name, one in found.data_vars.items() if name.removesuffix("_se").removesuffix("_difference") not in there}
        about: dict[str, Any] = {key: found.attrs[key] for key in ("counted", "exact") if key in found.attrs}
        if "counted" in about:
            about["counted"] = json.dumps([name for name in json.loads(str(about["counted"])) if name in others])
        return cls(_sizes(dataset), None, others, about)


def carry(dataset: "xr.Dataset", carried: Carried) -> "xr.Dataset":
    """The dataset, carrying statistics."""
    dataset.encoding[_KEY] = carried
    return dataset


def carried_summary(dataset: "xr.Dataset", threads: int) -> "xr.Dataset":
    """The summary of a dataset of draws, with what it carries where it is that run as it was.

    Raises SimulationError where there is nothing to summarise.
    """
    frame, found = as_frame(dataset), carried_by(dataset)
    if found is None and not any(name in VARIABLES for name in frame.data_vars):
        msg = "nothing to summarise: no draws of any output, and not (any more) the dataset that a run gave; "
        msg += 'of a stored run, open the summary: xarray.open_dataset(path, group="summary")'
        raise SimulationError(msg)
    return (found or Carried({})).summary(frame, threads).to_xarray()


def carried_by(dataset: "xr.Dataset") -> Carried | None:
    """What a dataset carries; None where it is not, or not any more, that of a whole run."""
    found: Any = dataset.encoding.get(_KEY)
    return found if isinstance(found, Carried) and dict(found.sizes) == _sizes(dataset) else None


def _sizes(dataset: "xr.Dataset") -> dict[str, int]:
    return {str(name): size for name, size in dataset.sizes.items()}
