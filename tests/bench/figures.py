"""Figures: one measurement is a row of them, several measurements have a median."""

import math
from collections.abc import Mapping, Sequence
from statistics import median

Figures = dict[str, float]

MILLISECONDS = 1000.0


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` per cent of all are not above."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def latencies(seconds: Sequence[float], *, name: str = "") -> Figures:
    """The usual two of a list of seconds, in milliseconds, and the worst."""
    before = f"{name} " if name else ""
    return {
        f"{before}p50 ms": percentile(seconds, 50) * MILLISECONDS,
        f"{before}p99 ms": percentile(seconds, 99) * MILLISECONDS,
        f"{before}max ms": max(seconds, default=math.nan) * MILLISECONDS,
    }


def medians(runs: Sequence[Figures]) -> Figures:
    """Each figure's median over the runs that have it."""
    names = dict.fromkeys(name for run in runs for name in run)
    return {name: median(run[name] for run in runs if name in run) for name in names}


def ratios(figures: Mapping[str, float], base: Mapping[str, float]) -> Figures:
    """Each figure over the same figure of the base."""
    return {name: value / base[name] for name, value in figures.items() if base.get(name)}
