"""Where each output variable of the hot loop is found among its rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simengine.engine.block import Outputs
from simengine.engine.build_baselines import members_of
from simengine.engine.detail import LINE_VARIABLES, SCHEME_VARIABLES
from simengine.engine.positions import PARTY_ROWS, SYSTEM_ROWS
from simengine.engine.terms import ARRANGEMENT_ROWS, MEMBER_ROWS
from simengine.jit import Ints
from simengine.study.model import StudySpec

#: Variables by the block of output rows they are in, in the order of the rows of ``positions`` and ``terms``.
SYSTEM = ("net_saving", "net_benefit", "net_position", "leakage", "gross_saving_total", "cost_released_total", "stranded_cost_total")
PARTY = ("party_position", "party_position_before", "party_position_do_nothing", "funding")
ARRANGEMENT = ("baseline", "outturn", "gain", "pool", "msr_met")
MEMBER = ("payout", "windfall", "settlement", "cap_hit", "collar_hit")
#: Of those before, what settlements are part of.
SETTLED = ("net_benefit", "net_position", "leakage", "party_position")
#: Numbers that are results as they are, in the order of ``positions.Reported``: of each budget, each allocation, each population segment.
BUDGET = ("budget_value", "budget_paid", "ips_earned")
STREAM = ("affordability_gap",)
SEGMENT = ("population",)
REPORTED = (*BUDGET, *STREAM, *SEGMENT)


@dataclass(frozen=True)
class Layout:
    """Rows of every output variable: (year, entity…) arrays of row numbers, -1 where there is none."""

    years: int
    parties: tuple[str, ...]
    services: tuple[str, ...]
    schemes: tuple[str, ...]
    arrangements: tuple[str, ...]
    members: tuple[tuple[int, int], ...]  # (arrangement, party) of each member
    budgets: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()

    @classmethod
    def of(cls, spec: StudySpec) -> "Layout":
        """The layout of a study."""
        parties, arrangements = tuple(spec.parties), tuple(spec.arrangements)
        members = tuple((a, parties.index(party)) for a, name in enumerate(arrangements) for party in members_of(spec, name))
        segments = () if spec.population is None else tuple(spec.population.segments)
        budgets, streams = tuple(spec.budgets), tuple(spec.allocations)
        return cls(spec.years, parties, tuple(spec.services), tuple(spec.schemes), arrangements, members, budgets, streams, segments)

    @property
    def reported(self) -> int:
        """First row of the numbers that are results as they are, the last block."""
        return self.starts[2] + len(self.members) * self.years * MEMBER_ROWS

    @property
    def starts(self) -> tuple[int, int, int, int]:
        """First rows of the party, arrangement and member blocks, and the number of rows."""
        parties = self.years * SYSTEM_ROWS
        arrangements = parties + len(self.parties) * self.years * PARTY_ROWS
        members = arrangements + len(self.arrangements) * self.years * ARRANGEMENT_ROWS
        reported = len(BUDGET) * len(self.budgets) + len(STREAM) * len(self.streams) + len(SEGMENT) * len(self.segments)
        return parties, arrangements, members, members + (len(self.members) * MEMBER_ROWS + reported) * self.years

    def outputs(self, drivers: Sequence[int], kept: Sequence[str] | None = None) -> Outputs:
        """What the hot loop is told: all rows kept, or those of the variables named."""
        keep = np.full(self.starts[3], -1, dtype=np.int64)
        names = (*SYSTEM, *PARTY, *ARRANGEMENT, *MEMBER, *REPORTED) if kept is None else kept
        wanted = sorted({int(row) for name in names for row in self.rows(name).ravel() if row >= 0})
        keep[wanted] = np.arange(len(wanted))
        rows = self.rows_by_year()
        parties, arrangements, members, reported = (int(np.searchsorted(rows[0], start)) for start in (*self.starts[:3], self.reported))
        return Outputs(
            parties=parties,
            arrangements=arrangements,
            members=members,
            reported=reported,
            settled=int(any(name in (*ARRANGEMENT, *MEMBER, *SETTLED) for name in names)),
            positioned=int(any(name in (*SYSTEM, *PARTY) for name in names)),
            drivers=np.array(drivers, dtype=np.int64),
            keep=np.ascontiguousarray(keep[rows]),
        )

    def rows_by_year(self) -> Ints:
        """Row numbers of a year's results in the order in which the hot loop works in them, (year, row of a year)."""
        blocks = [(1, SYSTEM_ROWS), (len(self.parties), PARTY_ROWS), (len(self.arrangements), ARRANGEMENT_ROWS)]
        blocks += [(len(self.members), MEMBER_ROWS), ((self.starts[3] - self.reported) // self.years, 1)]
        found, start = [], 0
        for entities, rows in blocks:
            block = start + np.arange(entities * self.years * rows).reshape(entities, self.years, rows)
            found.append(block.transpose(1, 0, 2).reshape(self.years, -1))
            start += block.size
        return np.concatenate(found, axis=1)

    def rows(self, name: str) -> Ints:
        """Row numbers of a position variable: (year,), (year, entity), or (year, arrangement, party)."""
        years = np.arange(self.years)
        parties, arrangements, members, _ = self.starts
        if name in SYSTEM:
            return years * SYSTEM_ROWS + SYSTEM.index(name)
        if name in PARTY:
            p = np.arange(len(self.parties))
            return parties + (p[None, :] * self.years + years[:, None]) * PARTY_ROWS + PARTY.index(name)
        if name in ARRANGEMENT:
            a = np.arange(len(self.arrangements))
            return arrangements + (a[None, :] * self.years + years[:, None]) * ARRANGEMENT_ROWS + ARRANGEMENT.index(name)
        if name in REPORTED:
            return self._reported_rows(name)
        found = np.full((self.years, len(self.arrangements), len(self.parties)), -1, dtype=np.int64)
        for m, (arrangement, party) in enumerate(self.members):
            found[:, arrangement, party] = members + (m * self.years + years) * MEMBER_ROWS + MEMBER.index(name)
        return found

    def _reported_rows(self, name: str) -> Ints:
        """Row numbers of a number that is a result as it is: (year, budget), (year, stream) or (year, segment)."""
        budgets, streams = len(self.budgets) * len(BUDGET), len(self.streams) * len(STREAM)
        if name in BUDGET:
            first, every, own = BUDGET.index(name), len(BUDGET), len(self.budgets)
        elif name in STREAM:
            first, every, own = budgets + STREAM.index(name), len(STREAM), len(self.streams)
        else:
            first, every, own = budgets + streams + SEGMENT.index(name), len(SEGMENT), len(self.segments)
        return self.reported + (first + every * np.arange(own)[None, :]) * self.years + np.arange(self.years)[:, None]

    @property
    def detail_count(self) -> int:
        """Number of line and scheme rows."""
        return (len(LINE_VARIABLES) * len(self.services) + len(SCHEME_VARIABLES) * len(self.schemes)) * self.years

    def detail_rows(self, name: str) -> Ints:
        """Row numbers of a line or scheme variable: (year, service) or (year, scheme)."""
        years = np.arange(self.years)[:, None]
        if name in LINE_VARIABLES:
            k, count, base = list(LINE_VARIABLES).index(name), len(self.services), 0
        else:
            k, count = SCHEME_VARIABLES.index(name), len(self.schemes)
            base = len(LINE_VARIABLES) * len(self.services) * self.years
        return base + (k * count + np.arange(count)[None, :]) * self.years + years
