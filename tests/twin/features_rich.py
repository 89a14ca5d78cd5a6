"""Counts the features of random studies that concern uncertainty: families, truncation, paths, copulas, volatility."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .dependence import is_possible, score_matrix
from .law_of import in_year
from .reading import scenario_tree
from .values import driver_table

EXPECTED_RICH = [
    *(f"family:{name}" for name in ("beta", "gamma", "weibull", "student_t", "poisson", "negative_binomial", "empirical")),
    *(f"family:{name}" for name in ("percentiles", "mixture", "pool", "event")),
    "beta:shapes",
    "beta:moments",
    "gamma:shape",
    "gamma:moments",
    "negative_binomial:size",
    "negative_binomial:sd",
    "range:normal",
    "range:lognormal",
    "student_t:heavy",
    "empirical:resampled",
    "empirical:ties",
    "percentiles:bounded",
    "percentiles:free_end",
    "percentiles:mean",
    "percentiles:terms",
    "nested:number",
    "nested:truncated",
    "nested:percentiles",
    "pool:equal",
    "event:number",
    "lower",
    "upper",
    "truncated:mixture",
    "path:ar1",
    "path:random_walk",
    "path:mean_reversion",
    "rho:yearly",
    "ar1:start",
    "random_walk:no_start",
    "level:yearly",
    "speed:yearly",
    "mean_reversion:no_start",
    "stream",
    "scenario_path",
    "group:constant",
    "group:by_year",
    "group:paths_mixed",
    "group:volatility",
    "group:pairs",
    "group:measure",
    "group:kendall",
    "group:kendall_matrix",
    "group:rank_matrix",
    "group:student_t",
    "group:student_t_rank",
    "group:named",
    "group:repair",
    "group:perfect",
    "volatility:poisson",
    "volatility:negative_binomial",
    "volatility:small_count",
    "volatility:ar1",
    "volatility:constant_count",
    "common:rich",
]


def distribution_features(spec: dict) -> Counter:
    """The features of one distribution, nested ones included."""
    found: Counter = Counter()
    family, one = spec["dist"], in_year(spec, 1)
    found["lower"] += "lower" in spec
    found["upper"] += "upper" in spec
    if family in ("beta", "gamma"):
        found[f"{family}:moments" if "mean" in spec else "beta:shapes" if family == "beta" else "gamma:shape"] += 1
    found["negative_binomial:size" if "size" in spec else "negative_binomial:sd"] += family == "negative_binomial"
    found[f"range:{family}"] += "range" in spec
    found["student_t:heavy"] += family == "student_t" and one["df"] <= 1
    if family == "empirical":
        found["empirical:resampled"] += spec.get("method") == "resampled"
        found["empirical:ties"] += len(set(spec["values"])) < len(spec["values"])
    if family == "percentiles":
        found["percentiles:bounded" if "min" in spec and "max" in spec else "percentiles:free_end"] += 1
        found["percentiles:mean"] += "mean" in spec
        found["percentiles:terms"] += "terms" in spec
    parts: list[Any] = spec.get("components", spec.get("experts", [spec["impact"]] if "impact" in spec else []))
    found["truncated:mixture"] += bool(parts) and "lower" in spec
    found["pool:equal"] += family == "pool" and "weights" not in spec
    found["event:number"] += family == "event" and not isinstance(spec["impact"], dict)
    for part in parts:
        if not isinstance(part, dict):
            found["nested:number"] += 1
            continue
        found["nested:truncated"] += "lower" in part
        found["nested:percentiles"] += part["dist"] == "percentiles"
    return found


def path_features(spec: dict) -> Counter:
    """The features of a path."""
    found: Counter = Counter()
    path = spec.get("path", "constant")
    found["rho:yearly"] += isinstance(spec.get("rho"), list)
    found["ar1:start"] += path == "ar1" and "start" in spec
    found[f"{path}:no_start"] += "start" not in spec
    for key in ("level", "speed"):
        found[f"{key}:yearly"] += isinstance(spec.get(key), list)
    found["stream"] += "stream" in spec
    return found


def group_features(tree: dict, group: dict) -> Counter:
    """The features of a correlation group."""
    from .dependence import members

    found: Counter = Counter()
    specs = driver_table(tree)
    paths = {specs[name].get("path", "constant") for name in members(tree, group)}
    found["group:constant" if paths == {"constant"} else "group:by_year"] += 1
    found["group:paths_mixed"] += len(paths) > 1
    found["group:volatility"] += any(name.endswith(".volatility") for name in members(tree, group))
    found["group:pairs"] += "pairs" in group
    found["group:measure"] += "measure" in group
    found["group:kendall"] += isinstance(group.get("kendall"), float)
    found["group:kendall_matrix"] += isinstance(group.get("kendall"), list)
    found["group:rank_matrix"] += isinstance(group.get("rank"), list)
    found["group:student_t"] += group.get("copula") == "student_t"
    found["group:student_t_rank"] += group.get("copula") == "student_t" and "kendall" not in (group.get("measure"), *group)
    found["group:named"] += "name" in group
    found["group:repair"] += not is_possible(score_matrix(tree, group))
    found["group:perfect"] += group.get("rank", group.get("kendall")) in (1.0, -1.0)
    return found


def volatility_features(tree: dict) -> Counter:
    """The features of the volatility of lines."""
    found: Counter = Counter()
    for line in tree["services"].values():
        table = line.get("volatility")
        if table is not None:
            count = table["family"] in ("poisson", "negative_binomial")
            found["volatility:small_count"] += count and isinstance(line["activity"], float) and line["activity"] < 1000
            found["volatility:ar1"] += table.get("path") == "ar1"
            found["volatility:constant_count"] += count and table.get("path") == "constant"
    common = tree.get("volatility", {}).get("common", {})
    found["common:rich"] += common.get("dist") in ("gamma", "beta", "percentiles") or "lower" in common
    return found


def rich_features(tree: dict) -> Counter:
    """All of these features of one study."""
    found = volatility_features(tree)
    specs = driver_table(tree)
    for spec in specs.values():
        if spec["dist"] != "volatility":
            found += distribution_features(spec) + path_features(spec)
    for group in tree.get("correlation", []):
        found += group_features(tree, group)
    for label in tree.get("scenarios", {}):
        for name, spec in driver_table(scenario_tree(tree, label)).items():
            found["scenario_path"] += name in specs and spec.get("path", "constant") != specs[name].get("path", "constant")
    return found
