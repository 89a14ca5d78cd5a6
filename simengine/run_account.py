"""What a result says of its run: where it came from, how it was drawn, and what of that a reader should know."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simengine.engine.build_lines import term_values
from simengine.engine.drivers import COLUMNS
from simengine.engine.plan import Prepared
from simengine.engine.runner import Settings
from simengine.jit import Floats
from simengine.results.provenance import Run
from simengine.sampling.sobol_pairs import UNNOTED, chance_correlation
from simengine.sampling.streams import STREAM_VERSION
from simengine.statistics.rank_correlation import achieved
from simengine.study.copulas import copulas
from simengine.study.load import Study
from simengine.study.numbers import Uncertain
from simengine.study.toml_text import toml_text
from simengine.study.under_way import words
from simengine.study.walk import numbers


@dataclass(frozen=True)
class Counted:
    """What a run counted: draws that failed and draws that were clipped, and driver rows of the base (row, draw) by driver and year."""

    failed: int
    clipped: int
    driver_names: tuple[tuple[str, int], ...]
    drivers: Floats


def provenance(ready: Prepared, settings: Settings, counted: Counted) -> Run:
    """Everything needed to run a study again, what was counted, and the notes."""
    study, funding = ready.study, ready.drafts[0].plan.funding
    register = {
        number.path: {key: getattr(number.value, key) for key in ("dist", "parameters", "path", "plan", "risk", "source", "owner", "date")}
        for number in numbers(study.spec)
        if isinstance(number.value, Uncertain)
    }
    return Run(
        study_name=study.name,
        study_title=study.spec.title or "",
        study_text=_resolved_text(study),
        study_order=_order(study),
        scenarios=ready.scenarios,
        study_hash=study.digest,
        seed=settings.seed,
        sampler=settings.sampler,
        stream_version=STREAM_VERSION,
        draws=settings.draws,
        failed=counted.failed,
        clipped=counted.clipped,
        money_unit=study.spec.money.unit,
        column_map=dict(ready.drivers.column),
        drivers=register,
        warnings=(*(str(warning) for warning in study.warnings), *notes(ready, settings.sampler, settings.draws)),
        correlations=tuple(_correlations(ready, counted)),
        unidentified_savings=_unidentified(study),
        funding_assumed=tuple(name for name, party in study.spec.parties.items() if party.funding is None and funding[name].any()),
        observed=tuple(words(study.spec)),
    )


def _unidentified(study: Study) -> dict[str, dict[str, object]]:
    """Savings that a budget expects and no scheme brings: who is short of them, and by how much each year, in the currency."""
    spec, found = study.spec, {}
    for name, budget in spec.budgets.items():
        amounts = term_values(budget.unidentified_savings, spec.years) * spec.money.scale
        if amounts.any():
            found[name] = {"holder": budget.holder, "amount": amounts.tolist()}
    return found


def _correlations(ready: Prepared, counted: Counted) -> Iterator[dict[str, object]]:
    """Each correlation group: what was asked, what the copula was given (where repaired), and what the first draws of the base have.

    Of drivers with a value in each year the first year is looked at in which none of them was observed.
    """
    place = {key: k for k, key in enumerate(counted.driver_names)}
    seen = {name: len(driver.spec.actual) for name, driver in ready.drafts[0].book.drivers.items()}
    for group in copulas(ready.study.spec, ready.drivers.order):
        year = max(seen.get(name, 0) for name in group.names)
        # what is drawn once and was never observed has one row for all years
        at = [(name, year if (name, 1) in place else 0) for name in group.names]
        rows = [place[one] for one in at if one in place]
        if len(rows) == len(group.names):
            yield {
                "drivers": group.names,
                "measure": group.measure,
                "copula": "gaussian" if group.df is None else f"student_t, df {group.df:g}",
                "asked": group.asked,
                "used": group.used,
                "got": achieved(counted.drivers[rows], group.measure),
            }


def notes(ready: Prepared, sampler: str, draws: int) -> list[str]:
    """What a reader of the numbers should know of how they were drawn."""
    columns = sum(column >= 0 for column in ready.drivers.column.values())
    chance = chance_correlation(columns, draws) if sampler == "sobol" else None
    beyond = [name for name, column in ready.drivers.column.items() if column < 0]
    paths = [name for name, by_year in ready.drivers.by_year.items() if by_year]
    found = []
    if sampler == "sobol" and beyond:
        found.append(f"{len(beyond)} drivers beyond the {COLUMNS} columns of the Sobol' design use their stream, from {beyond[0]} on")
    if sampler == "sobol" and paths and ready.layout.years > 1:
        found.append(f"{len(paths)} drivers are drawn by year: the first year by the Sobol' design, later ones by their stream")
    if chance is not None:
        found.append(
            f"{draws:,} draws are few for {columns} drivers in the Sobol' design: some two of them may be correlated by up to about "
            f"{chance[0]:g} by chance; from {chance[1]:,} draws on by less than {UNNOTED:g}"
        )
    return found


def _order(study: Study) -> dict[str, object]:
    """What the text of a study leaves open once its rows stand in it: the order of tables and of drivers, and the study's own sampler.

    A line from a file of rows stands behind those of the study, whatever its place in the text, and its drivers with it.
    """
    tables = [key for key in study.tree if key != "simulation"]
    return {"tables": tables, "drivers": list(study.drivers), "sampler": study.spec.simulation.sampler}


def _resolved_text(study: Study) -> str:
    """The study as it was run, as TOML: the file itself, comments and all, unless ``--set`` changed it or there is none.

    Draws, seed, sampler and storage stand in attributes of their own and do not count as a change.
    """

    def without_settings(tree: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in tree.items() if key != "simulation"}

    if study.text and without_settings(tomllib.loads(study.text)) == without_settings(study.tree):
        return study.text
    return toml_text(study.tree)
