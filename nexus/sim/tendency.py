"""The tendency: what probably becomes of needs, without a look at any entity."""

from __future__ import annotations

from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from nexus.sim.column import Values
from nexus.sim.need import Needs
from nexus.sim.simulation import Summary

__all__ = ["Tendency"]

#: So many imagined entities, looked at so many times, show where needs end up.
_ENTITIES: Final = 512
_LOOKS: Final = 24
#: Steps of golden sections fill a range evenly, in each direction with another one.
_SECTION: Final = 0.6180339887498949


@frozen(eq=False)
class Tendency:
    """Where the needs of many entities tend to, and how fast.

    Attributes:
        means: What each need, and then each gauge, is on average in the long run.
        shares: What part of all entities is at each activity in the long run.
        times: After so many seconds a third is left of how far each need, and gauge,
            was from that.
    """

    means: NDArray[np.float64]
    shares: NDArray[np.float64]
    times: NDArray[np.float64]

    @classmethod
    def of(cls, needs: Needs) -> Tendency:
        """Watch some entities that nobody else will ever see."""
        rounds = np.array(
            [
                (need.full - need.low) * (1 / max(need.fall, 1e-9) + 1 / need.rise)
                for need in needs.needs
            ]
        )
        slow = [
            1 / max(gauge.rise + sum(gauge.falls.values()), 1e-9)
            for gauge in needs.gauges
        ]
        values: dict[str, Values] = {
            name: np.modf(np.arange(1, _ENTITIES + 1) * _SECTION ** (1 + number / 3))[0]
            for number, name in enumerate(needs.names)
        }
        values[needs.activity] = np.zeros(_ENTITIES, np.uint8)
        sums, counts = np.zeros(len(needs.names)), np.zeros(len(needs.needs) + 1)
        for look in range(_LOOKS):
            longest = rounds.max() * (20 if look == 0 else 1 + _SECTION)
            needs.leap(values, np.full(_ENTITIES, longest), np.random.default_rng(0))
            sums += [values[name].mean() for name in needs.names]
            counts += np.bincount(values[needs.activity], minlength=len(counts))
        return cls(sums / _LOOKS, counts / counts.sum(), np.array([*rounds / 3, *slow]))

    def forecast(self, summary: Summary, elapsed: float) -> Summary:
        """Lead sums and counts to where they tend; what is no need stays as it is."""
        known = len(self.means)
        left = np.exp(-elapsed / self.times)
        sums = summary.sums.copy()
        ends = self.means * summary.count
        sums[:known] = ends + (sums[:known] - ends) * left
        needs = len(self.shares) - 1
        part = left[:needs].mean()
        wanted = summary.count * self.shares * (1 - part) + summary.kinds * part
        kinds = np.floor(wanted).astype(np.int64)
        # Whole entities: the largest remainders are rounded up.
        order = np.argsort(kinds - wanted, kind="stable")
        kinds[order[: summary.count - int(kinds.sum())]] += 1
        return Summary(summary.count, kinds, sums)
