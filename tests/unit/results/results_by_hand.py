"""A small result with all that a file can hold: draws that lie by output, flags, labels, texts, groups with dimensions of their own."""

import numpy as np

from simengine.results.frame import Frame, Series

DRAWS = 300


def run(count=DRAWS, **attrs):
    """The root of a result; the first draws of a longer one are those of a shorter one."""
    worth = np.arange(2 * 3 * 100_000, dtype=np.float64).reshape(2, 3, -1)[..., :count] / 7
    worth[1, 2, 7] = np.nan
    about = {"long_name": "worth", "units": "GBP"}
    variables = {
        "worth": Series(("draw", "year", "party", "scenario"), np.moveaxis(worth, -1, 0)[..., np.newaxis], about),
        "failed": Series(("draw", "scenario"), (np.arange(count)[:, np.newaxis] % 3 == 1).astype(np.int8), {"units": "1"}),
        "plan_worth": Series(("year", "party"), worth[:, :, 0], about),
    }
    labels = {
        "draw": Series(("draw",), np.arange(count), {"long_name": "draw"}),
        "year": Series(("year",), np.array(["2025/26", "2026/27"], dtype=object), {"long_name": "year"}),
        "party": Series(("party",), np.array(["board", "trüst", "z"], dtype=object)),
        "scenario": Series(("scenario",), np.array(["base"])),
    }
    stated = {"title": "£ and €", "simrisk_schema_version": "1", "draws": count, "study_text": "growth = 0.02 # a comment\n" * 40}
    stated |= {"identity": "1f" * 32, "seed": "7", "created": "2026-11-22", "versions": "{}", "platform": "here", **attrs}
    return Frame(variables, labels, stated)


def groups():
    """The summary, a state with dimensions of its own, and tables without a number in them."""
    labels = {"statistic": Series(("statistic",), np.array(["mean", "sd"])), "party": run()["party"]}
    sums = Series(("block", "column"), np.arange(6.0).reshape(2, 3), {"units": "GBP"})
    counts = Series(("block",), np.array([2**63, 5], dtype=np.uint64))
    return {
        "summary": Frame({"worth": Series(("statistic", "party"), np.ones((2, 3)), {"units": "GBP"})}, labels, {"sampler": "sobol"}),
        "blocks": Frame({"sums": sums, "counts": counts, "names": Series(("column",), np.array(["a", "bb", ""]))}, {}, {"stop": 2}),
        "tables": Frame({"coefficients": Series(("coefficient",), np.zeros(0))}, {}, {"index": "[]"}),
    }
