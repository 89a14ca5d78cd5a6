"""What every method shares on its way out: options, the printed tables, the working, files, JSON."""

import contextlib
import functools
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import click

from simengine.baseline.exact import shown
from simengine.baseline.impact import ImpactTable
from simengine.baseline.working import Baseline, Step
from simengine.cli.baseline.lines import KEY, csv_text, impact_toml, plain, service_rows, services_toml, step_rows
from simengine.cli.output import common_options, envelope, say
from simengine.errors import ResultError

_F = TypeVar("_F", bound=Callable[..., Any])
_PLACES = {"share": 2, "units": 2, "people": 0, "weight": 1, "factor": 6}


def _files(*endings: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Reads the files to write: a usage error for another ending, or a folder."""

    def read(_context: click.Context, _option: click.Parameter, value: Any) -> Any:
        for name in value if isinstance(value, tuple) else [value] if value else []:
            if Path(name).suffix.lower() not in endings:
                message = f"'{name}' must end in {' or '.join(endings)}."
                raise click.BadParameter(message)
            if Path(name).is_dir():
                message = f"'{name}' is a folder: a file is needed."
                raise click.BadParameter(message)
        return tuple(map(Path, value)) if isinstance(value, tuple) else Path(value) if value else None

    return read


def _unit(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """A unit of money of the study file."""
    if not re.fullmatch(r"[A-Z]{3}( [km])?", value):
        message = f"'{value}' is no unit of money: GBP, 'GBP k', 'GBP m' or another ISO code."
        raise click.BadParameter(message)
    return value


def amount(_context: click.Context, _option: click.Parameter, value: str | None) -> Fraction | None:
    """An exact number of the command line; thousands commas are allowed."""
    if value is None:
        return None
    if not re.fullmatch(r"-?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?", value) or not re.search(r"\d", value):
        message = f"'{value}' is not a number."
        raise click.BadParameter(message)
    return Fraction(value.replace(",", ""))


def amount_option(name: str, text: str, **more: Any) -> Callable[[_F], _F]:
    """An option that takes an exact number."""
    return click.option(name, callback=amount, metavar="NUMBER", help=text, **more)


contract_value = amount_option("--contract-value", "Commissioner spend of a year, in the currency.", required=True)


def _key(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """A key of the study file."""
    if value is not None and not KEY.match(value):
        message = f"'{value}' cannot be a key: lower-case letters, digits and _, starting with a letter."
        raise click.BadParameter(message)
    return value


def table_argument(function: _F) -> _F:
    """The table of a method."""
    return click.argument("table", type=click.Path(path_type=Path))(function)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a method's results go, and for service lines their unit of money and the provider of those that name none."""

    out: tuple[Path, ...]
    working: Path | None
    as_json: bool
    quiet: bool
    unit: str = "GBP"
    provider: str | None = None


def makes_lines(function: _F) -> _F:
    """``--provider``, ``--unit``, ``--out``, ``--working`` and the common options of a method that makes service lines, as ``to``."""
    wrapped = _bundled(function, "Write the service lines (.toml or .csv; repeatable).")
    text = "money.unit of the study, for `spend`."
    wrapped = click.option("--unit", callback=_unit, default="GBP", metavar="UNIT", show_default=True, help=text)(wrapped)
    return click.option("--provider", metavar="PARTY", help="Provider of the lines that name none.")(wrapped)


def makes_table(function: _F) -> _F:
    """``--out``, ``--working`` and the common options of a method that makes a table, as ``to``."""
    return _bundled(function, "Write the table (.csv).", ".csv")


def makes_impacts(function: _F) -> _F:
    """The options of a method that makes a table and scheme impacts, ``--scheme`` among them."""
    wrapped = _bundled(function, "Write the table (.csv) or, with --scheme, the impacts (.toml); repeatable.")
    return click.option("--scheme", callback=_key, metavar="NAME", help="Print the impacts as effects of this scheme.")(wrapped)


def _bundled(function: _F, text: str, *endings: str) -> _F:
    def bundled(*args: Any, **options: Any) -> None:
        if "scheme" in options and options["scheme"] is None and any(path.suffix.lower() == ".toml" for path in options["out"]):
            message = "the impacts need the name of a scheme: --scheme NAME"
            raise click.UsageError(message)
        place = {name: options.pop(name) for name in ("out", "working", "as_json", "quiet", "unit", "provider") if name in options}
        function(*args, to=Outputs(**place), **options)

    wrapped: Any = common_options(functools.wraps(function)(bundled))
    wrapped = click.option("--working", callback=_files(".csv"), metavar="FILE", help="Write the working here instead of printing it.")(
        wrapped
    )
    option = click.option("--out", "out", callback=_files(*(endings or (".toml", ".csv"))), multiple=True, metavar="FILE", help=text)
    decorated: _F = option(wrapped)
    return decorated


def show_lines(method: str, made: Baseline, to: Outputs) -> None:
    """Print, write or hand out the service lines of a method."""
    rows = service_rows(made.services, to.unit)
    if any(one.line.provider is None for one in made.services) and any(path.suffix == ".toml" for path in to.out):
        made = Baseline(made.services, made.working, (*made.warnings, "some lines have no provider, which a study needs: --provider PARTY"))
    for path in to.out:
        text = services_toml(made.services, to.unit, f"simrisk baseline {method}") if path.suffix.lower() == ".toml" else csv_text(rows)
        write(path, text)
    printed = [
        [one.line.title, *(("" if value is None else shown(value)) for value in (one.activity, one.price)), shown(one.spend)]
        for one in made.services
    ]
    printed.append(["total", "", "", shown(made.spend)])
    result: dict[str, object] = {"services": rows, "spend": made.spend, "currency": to.unit[:3]}
    _hand_out(method, [text_table(["service", "activity", "price", "spend"], printed)], result, made.working, made.warnings, to)


def show_table(
    method: str,
    tables: dict[str, tuple[list[dict[str, object]], Callable[[], str]]],
    steps: Sequence[Step],
    warnings: Sequence[str],
    to: Outputs,
    impact: ImpactTable | None = None,
) -> None:
    """Print, write or hand out tables by name, (rows, their printed form), the first of which goes to a CSV file, and scheme impacts."""
    for path in to.out:
        if path.suffix.lower() == ".csv":
            write(path, csv_text(next(iter(tables.values()))[0]))
        elif impact is not None:
            write(path, impact_toml(impact))
    result: dict[str, object] = {name: rows for name, (rows, _) in tables.items()}
    if impact is not None:
        effects = {effect.line: {"impact": effect.share, "note": effect.note} for effect in impact.effects}
        result["impact"] = {"scheme": impact.scheme, "source": impact.source, "ramp": impact.ramp, "effects": effects}
    printed = [text() for _, text in tables.values()] + ([impact_toml(impact).rstrip()] if impact is not None else [])
    _hand_out(method, printed, result, steps, warnings, to)


def _hand_out(
    method: str, printed: Sequence[str], result: dict[str, object], steps: Sequence[Step], warnings: Sequence[str], to: Outputs
) -> None:
    if to.working is not None:
        write(to.working, csv_text(step_rows(steps)))
    files = [str(path) for path in (*to.out, *([to.working] if to.working else []))]
    if to.as_json:
        stated = {**result, "working": step_rows(steps), "files": files}
        click.echo(envelope(f"baseline {method}", plain(stated), warnings=list(warnings)))
        return
    for warning in warnings:
        say(f"warning: {warning}", to.quiet)
    click.echo("\n\n".join(text for text in printed if text))
    if to.working is None:
        click.echo("\n" + working_text(steps))
    for name in files:
        say(f"{name} written", to.quiet)


def working_text(steps: Sequence[Step]) -> str:
    """The working by service line, a line of text for each step: what, formula with its inputs, result."""
    groups: dict[str, list[str]] = {}
    for step in steps:
        inputs = ", ".join(f"{name} {_plainly(value)}" for name, value in step.inputs)
        text = f"    {step.label} = {step.formula}{f' ({inputs})' if inputs else ''} = {_figure(step)}"
        groups.setdefault(step.line, []).append(text)
    return "\n".join(["working", *(text for line, texts in groups.items() for text in (f"  {line or 'all'}", *texts))])


def _figure(step: Step) -> str:
    if step.unit == "share":
        return f"{shown(100 * step.result)} %"
    return shown(step.result, _PLACES.get(step.unit, 2))


def _plainly(value: Fraction) -> str:
    """An input: whole numbers whole, others to four figures after the point at most."""
    if value.denominator == 1:
        return shown(value, 0)
    text = shown(value, 2 if abs(value) >= 100 else 4)
    return text.rstrip("0").rstrip(".") if abs(value) < 100 else text


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the first to the left, the others to the right."""
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [f"{cell:<{width}}" if k == 0 else f"{cell:>{width}}" for k, (cell, width) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Write a file at once or not at all; a file that is there is replaced."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            part.unlink()
        message = f"cannot write {path}: {(problem.strerror or str(problem)).lower()}"
        raise ResultError(message) from None
