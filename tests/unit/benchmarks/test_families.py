"""The families that are timed are all of them, and what stands beside them are the same distributions."""

import numpy as np
import pytest

from benchmarks.families import ENGINE, GENERATOR, KERNEL, PPF, FamilySettings, FamilySide, deviation, family_table, measure_families
from benchmarks.family_subjects import FAMILY_SUBJECTS, FamilySubject
from simengine.distributions import FAMILIES, build

pytestmark = pytest.mark.unit

BY_NAME = {str(subject): subject for subject in FAMILY_SUBJECTS}


def test_every_family_is_timed():
    assert {subject.dist for subject in FAMILY_SUBJECTS} == FAMILIES.keys()
    assert len(BY_NAME) == len(FAMILY_SUBJECTS)


@pytest.mark.parametrize("name", BY_NAME)
def test_they_are_the_same_distributions(name):
    subject = BY_NAME[name]
    distribution = build(subject.dist, subject.parameters)
    assert not deviation(FamilySide(subject), subject) > 1e-8
    if subject.draw is not None:
        x = subject.draw(np.random.default_rng(1), 20_000)
        assert np.mean(x) == pytest.approx(distribution.mean(), abs=5 * np.sqrt(distribution.variance() / 20_000))
        assert np.var(x) == pytest.approx(distribution.variance(), rel=0.25)


def test_another_distribution_is_noticed():
    subject = BY_NAME["normal"]
    other = FamilySubject("normal", {"mean": 2.0, "sd": 0.51}, subject.reference)
    assert deviation(FamilySide(other), other) > 1e-3


def test_the_table_holds_what_there_is():
    found = measure_families(FamilySettings(1_500, 200, 2), [BY_NAME["gamma"], BY_NAME["event, lognormal impact"]])
    assert [set(outcome.timings.rounds) for outcome in found] == [{KERNEL, PPF, ENGINE, GENERATOR}, {KERNEL, ENGINE}]
    gamma, event = family_table(found).splitlines()[2:4]
    assert gamma.split()[0] == "gamma"
    assert gamma.count("..") == 4
    assert event.count("..") == 2
