"""A run of the baseline and one of the candidate, side by side, and the machine that they ran on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_parlab.analysis.replay import replay
from pytest_parlab.analysis.verdict import Sample

if TYPE_CHECKING:
    from pytest_parlab.analysis.replay import Measured, Replay
    from pytest_parlab.trace.model import Trace

QUIET_FOREIGN_CORES = 0.25
QUIET_STEAL = 0.02
QUIET_CAPACITY = 0.9
"""Per worker: what this many spinning processes must reach together for wall time to be trusted."""

SLOWEST_SHARING = 0.7
"""Share of its own pace that a process keeps beside another on the same processor core, at worst."""


@dataclass(frozen=True, slots=True)
class MachineState:
    """Where the runs were measured.

    Attributes:
        usable_cores: Cores that this process may use.
        capacity: Work that as many spinning processes as workers do, over the work of one alone.
        foreign_cores: Cores that other programs kept busy meanwhile, on average.
        steal: Share of time taken by the hypervisor, 0 to 1.
        throttled: The process group was held back by its quota; None where the system does not tell.
    """

    usable_cores: float
    capacity: float
    foreign_cores: float = 0.0
    steal: float = 0.0
    throttled: bool | None = None

    def full(self, workers: int) -> bool:
        """There is a whole core for every worker, also when all are busy."""
        return self.usable_cores >= workers and self.capacity >= QUIET_CAPACITY * workers

    def quiet(self, workers: int) -> bool:
        """Wall time means something here."""
        calm = self.foreign_cores < QUIET_FOREIGN_CORES and self.steal < QUIET_STEAL and not self.throttled
        return self.full(workers) and calm


@dataclass(frozen=True, slots=True)
class Pair:
    """One run of the baseline and one of the candidate, side by side.

    Attributes:
        baseline: Replay of the baseline, which may itself be parallel.
        candidate: Replay of the candidate.
        baseline_wall_s: Measured wall time.
        candidate_wall_s: Measured wall time.
        baseline_cpu_s: CPU time of the whole tree.
        candidate_cpu_s: CPU time of the whole tree.
        trace: What the candidate did.
    """

    baseline: Replay
    candidate: Replay
    baseline_wall_s: float
    candidate_wall_s: float
    baseline_cpu_s: float
    candidate_cpu_s: float
    trace: Trace

    @property
    def work_factor(self) -> float:
        """CPU time of the baseline over that of the candidate."""
        return max(self.baseline_cpu_s, 1e-6) / max(self.candidate_cpu_s, 1e-6)

    @property
    def work_factor_of_pieces(self) -> float:
        """The same without what starting processes and handing over cost: what shows work done twice."""
        useful = self.candidate.work_s + (self.candidate.serial_s if self.candidate.pieces else 0.0)
        return max(self.baseline_cpu_s, 1e-6) / max(min(self.candidate_cpu_s, useful), 1e-6)

    def sample(self, *, full: bool) -> Sample:
        """The speedups of this pair.

        Cores that slow each other down (two threads of one core, say) stretch the CPU time of the candidate. Where
        the machine is known to be short of capacity, the upper end allows for that.
        """
        high = self.baseline.seconds / self.candidate.seconds_free
        if not full:
            high /= min(1.0, max(SLOWEST_SHARING, self.work_factor_of_pieces))
        return Sample(
            wall=self.baseline_wall_s / self.candidate_wall_s,
            replay_low=self.baseline.seconds_free / self.candidate.seconds,
            replay_high=high,
        )


def pair(
    baseline: Measured, candidate: Measured, *, workers: int, foreign_s: tuple[float, float] = (0.0, 0.0)
) -> Pair:
    """Put two runs side by side; `foreign_s` is the CPU time that other programs used during each of them."""
    return Pair(
        baseline=replay(baseline, workers, foreign_s=foreign_s[0]),
        candidate=replay(candidate, workers, foreign_s=foreign_s[1]),
        baseline_wall_s=max(baseline.wall_s, 1e-9),
        candidate_wall_s=max(candidate.wall_s, 1e-9),
        baseline_cpu_s=baseline.cpu_s,
        candidate_cpu_s=candidate.cpu_s,
        trace=candidate.trace,
    )
