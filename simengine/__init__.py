"""simrisk: Monte Carlo risk and sensitivity for the money of health-and-care systems."""

from typing import TYPE_CHECKING

from simengine.version import VERSION

__version__ = VERSION
__all__ = ["Study", "__version__", "load_study", "run", "sensitivity", "settle", "simulate", "summarise"]

if TYPE_CHECKING:
    from simengine.analysis import sensitivity, simulate
    from simengine.api import Study, load_study, run, summarise
    from simengine.settling.settle import settle

#: Names that are fetched when first used: the package itself imports nothing numerical.
_LAZY = frozenset(__all__) - {"__version__"}


def __getattr__(name: str) -> object:
    """Fetch a public name from ``simengine.api``."""
    if name == "settle":
        # by itself: settling needs no simulation
        from simengine.settling.settle import settle

        return settle
    if name in ("sensitivity", "simulate"):
        from simengine import analysis

        return getattr(analysis, name)
    if name in _LAZY:
        from simengine import api

        return getattr(api, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
