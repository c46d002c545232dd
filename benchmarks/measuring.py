"""Seconds and peak memory, lap by lap, of the process it runs in."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Lap:
    """What one step took, all its laps together; `peak_mb` is the whole process's memory at its highest.

    `cpu_seconds` are those of all threads: the steadier measure where other work runs on the machine.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass
class Laps:
    """A stopwatch: `lap("gate")` books what passed since the last lap on the step `gate`."""

    steps: dict[str, Lap] = field(default_factory=dict)
    _since: float = field(default_factory=time.perf_counter)
    _cpu_since: float = field(default_factory=time.process_time)

    def __post_init__(self) -> None:
        _reset_peak()

    def lap(self, step: str) -> float:
        """Book the time since the last lap on `step`; the seconds booked."""
        now, cpu_now = time.perf_counter(), time.process_time()
        seconds, self._since = now - self._since, now
        cpu_seconds, self._cpu_since = cpu_now - self._cpu_since, cpu_now
        of_step = self.steps.setdefault(step, Lap())
        of_step.seconds += seconds
        of_step.cpu_seconds += cpu_seconds
        of_step.peak_mb = max(of_step.peak_mb, peak_mb())
        _reset_peak()
        return seconds

    def as_dict(self) -> dict[str, dict[str, float]]:
        return {name: asdict(step) for name, step in self.steps.items()}


def peak_mb() -> float:
    """The highest resident memory since the last lap; where the system cannot reset it, since the start."""
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    in_bytes = sys.platform == "darwin"
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if in_bytes else 1024)


def _reset_peak() -> None:
    try:
        _CLEAR.write_text("5")
    except OSError:
        return
