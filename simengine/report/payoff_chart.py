"""Payoff curves as a picture: a panel for each arrangement and each group of years with the same curves, a line for each party."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simengine.errors import SimriskError
from simengine.results.whole_file import write_whole
from simengine.term_sheet.contract import Contract
from simengine.term_sheet.payoff_curves import Curves, nearest

_PANEL = (5.2, 3.6)
_COLUMNS = 3
_STYLES = ("-", "--", "-.", ":")


def draw(path: Path, title: str, contracts: Sequence[Contract]) -> None:
    """Write the curves to ``path`` (.svg, .png or .pdf): the same bytes for the same study; raises SimriskError without matplotlib."""
    pyplot = _pyplot()
    panels = [(contract, years, curves) for contract in contracts for years, curves in contract.distinct_curves()]
    columns = min(_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    # the identifiers inside an SVG are random unless they are salted
    with pyplot.rc_context({"svg.hashsalt": "simrisk", "svg.fonttype": "none", "font.size": 8.5}):
        figure, axes = pyplot.subplots(rows, columns, figsize=(_PANEL[0] * columns, _PANEL[1] * rows), squeeze=False, layout="constrained")
        for axis in axes.flat[len(panels) :]:
            axis.set_visible(False)
        for axis, (contract, years, curves) in zip(axes.flat, panels, strict=False):
            _panel(axis, contract, years, curves)
        figure.suptitle(f"{title}: settlement by gain rate")
        content = io.BytesIO()
        figure.savefig(content, format=path.suffix[1:].lower(), metadata=_undated(path.suffix.lower()), dpi=150)
        pyplot.close(figure)
    write_whole(path, content.getvalue())


def _panel(axis: Any, contract: Contract, years: str, curves: Curves) -> None:
    scale, unit = contract.terms.spec.money.scale, contract.terms.spec.money.unit
    rates = [100 * rate for rate in curves.rates]
    axis.axhline(0.0, color="0.6", linewidth=0.8)
    axis.axvline(0.0, color="0.6", linewidth=0.8)
    for place, (party, values) in enumerate(curves.settlement.items()):
        line = axis.plot(rates, [value / scale for value in values], _STYLES[place % len(_STYLES)], label=party, linewidth=1.5)[0]
        for mark in curves.marks:
            if mark.party == party:
                at = nearest(curves.rates, mark.rate)
                axis.plot(rates[at], values[at] / scale, "o", color=line.get_color(), markersize=5)
                side, away = ("right", -4) if mark.rate > 0.0 else ("left", 4)
                place_at = (rates[at], values[at] / scale)
                axis.annotate(mark.text, place_at, textcoords="offset points", xytext=(away, 4), ha=side, fontsize=7)
    top = axis.get_ylim()[1]
    for mark in curves.marks:
        if mark.party is None:
            axis.axvline(100 * mark.rate, color="0.75", linewidth=0.8, linestyle=":")
            axis.annotate(mark.text, (100 * mark.rate, top), rotation=90, va="top", ha="right", fontsize=7, color="0.4")
    axis.set_title(f"{contract.terms.name}, {years}")
    axis.set_xlabel("gain (+) or loss (-), % of the baseline")
    axis.set_ylabel(f"received (+) or paid (-), {unit}")
    axis.margins(x=0)
    axis.legend(fontsize=7.5, loc="best")


def _pyplot() -> Any:
    """The package that draws, which is an extra."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        message = "drawing needs the package matplotlib: pip install 'simrisk[report]'"
        raise SimriskError(message) from None
    return pyplot


def _undated(suffix: str) -> dict[str, Any]:
    """No creation time in the file, so that the same study gives the same bytes."""
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
