"""How far a replay is from what a quiet machine shows."""

from __future__ import annotations

import importlib.util
import multiprocessing
import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from pytest_parlab.analysis.pairs import pair
from pytest_parlab.analysis.replay import replay
from pytest_parlab.analysis.verdict import geometric_mean
from pytest_parlab.machine import noise
from pytest_parlab.sandbox import fresh
from pytest_parlab.sandbox.fresh_process import cpu_s
from tests.benchmarks.shapes import SHAPES, Shape
from tests.benchmarks.side_by_side import ROOT, Line, python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_parlab.sandbox.measured import MeasuredRun

RUNS = 7
QUIET_RUNS = 3
MOST_RUNS = 30
QUIET_CORES = 0.2
"""Counters tick every 10 ms, so a short run cannot be told quieter than this."""
WORST_ERROR = 0.10
IDEAL_SHARE = 0.90


def replay_against_wall() -> Iterator[Line]:
    """replayed over wall time of the same undisturbed run, per shape (2 workers)."""
    errors = []
    for shape in SHAPES:
        runs = list(undisturbed(shape))
        if len(runs) < QUIET_RUNS:
            yield Line(f"{shape.name:28} only {len(runs)} of {MOST_RUNS} runs were undisturbed: not counted")
            continue
        wall = median(run.wall_s for run in runs)
        ratio = median(replay(run, 2).seconds / run.wall_s for run in runs)
        errors.append(abs(ratio - 1))
        yield Line(f"{shape.name:28} wall {wall * 1e3:5.0f} ms  replay / wall {ratio:.3f}")
    if not errors:
        yield Line("undecided: the machine was never quiet")
        return
    text = f"error: median {median(errors):.1%}, largest {max(errors):.1%} (promised: at most {WORST_ERROR:.0%})"
    yield Line(text, kept=max(errors) <= WORST_ERROR)


def undisturbed(shape: Shape) -> Iterator[MeasuredRun]:
    """Runs during which others used next to nothing."""
    found = 0
    for _ in range(MOST_RUNS):
        before, cpu_before = noise.snapshot(), cpu_s()
        run = measured(shape.candidate)
        load = noise.load_between(before, noise.snapshot(), cpu_s() - cpu_before)
        if load.foreign_cores < QUIET_CORES:
            yield run
            found += 1
        if found == RUNS:
            return


def replay_beside_a_neighbour() -> Iterator[Line]:
    """speedup of the even shapes alone, and beside one busy process: wall and replayed."""
    for shape in SHAPES[:2] + SHAPES[7:8]:
        alone = speedups(shape)
        with busy_neighbour():
            beside = speedups(shape)
        drift = beside[1] / alone[1] - 1
        yield Line(
            f"{shape.name:28} alone {alone[0]:.2f}x (replayed {alone[1]:.2f}x), beside one {beside[0]:.2f}x "
            f"(replayed {beside[1]:.2f}x): replay moved by {drift:+.1%}"
        )


def speedups(shape: Shape) -> tuple[float, float]:
    """Wall and replayed speedup over `RUNS` pairs; others' CPU time is taken to explain all missing time."""
    pairs = [
        pair(measured(shape.baseline), measured(shape.candidate), workers=2, foreign_s=(1.0, 1.0))
        for _ in range(RUNS)
    ]
    samples = [each.sample(full=True) for each in pairs]
    return geometric_mean([s.wall for s in samples]), geometric_mean([s.replay_low for s in samples])


def pictures_against_ideal() -> Iterator[Line]:
    """the solution of the image exercise over an equal share of the serial program, replayed for 2 workers."""
    solution = ROOT / "solutions" / "04_image_pool" / "image_pool.py"
    maker = ROOT / "exercises" / "04_image_pool" / "pictures.py"
    if not solution.exists() or not maker.exists():
        yield Line(f"not there yet: {solution.relative_to(ROOT)} or {maker.relative_to(ROOT)}", kept=False)
        return
    module = load(solution)
    with tempfile.TemporaryDirectory() as folder:
        sources = sorted(made_pictures(maker, Path(folder)))
        target = Path(folder) / "results"
        target.mkdir()
        candidate = partial(module.process_images, sources, str(target), workers=2)
        baseline = partial(process_serially, module, sources, str(target))
        pairs = [pair(measured(baseline), measured(candidate), workers=2, foreign_s=(9.0, 9.0)) for _ in range(3)]
    samples = [each.sample(full=True) for each in pairs]
    replayed = geometric_mean([sample.replay_low for sample in samples])
    wall = geometric_mean([sample.wall for sample in samples])
    text = (
        f"{len(sources)} pictures: {replayed:.2f}x replayed (wall {wall:.2f}x), {replayed / 2:.1%} of ideal "
        f"(promised: {IDEAL_SHARE:.0%})"
    )
    yield Line(text, kept=replayed >= IDEAL_SHARE * 2)


def made_pictures(maker: Path, folder: Path) -> list[str]:
    """The pictures of the exercise, in a folder."""
    originals = folder / "originals"
    originals.mkdir()
    python(str(maker), str(originals))
    return [str(path) for path in originals.iterdir() if path.suffix in {".jpg", ".png"}]


def process_serially(module: Any, sources: list[str], target: str) -> None:
    """One picture after the other."""
    for source in sources:
        module.process_image(source, target)


def load(path: Path) -> Any:
    """Import a module from its file, under its own name, so that workers find it."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def measured(function: Any) -> MeasuredRun:
    """One run in a fresh process."""
    return fresh.run(function, deadline_s=300)


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """A process that keeps one core busy."""
    process = multiprocessing.get_context("spawn").Process(target=spin, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def spin() -> None:
    """Use a core for ever."""
    while True:
        pass
