"""Runs the named benchmarks, or all of them; exits with 1 if a promise is broken."""

from __future__ import annotations

import sys

from tests.benchmarks import course, detection, exploring, loading, prediction, recorder
from tests.benchmarks.side_by_side import Line

ENTRIES = {
    "replay": prediction.replay_against_wall,
    "neighbour": prediction.replay_beside_a_neighbour,
    "pictures": prediction.pictures_against_ideal,
    "recorder": recorder.recorder,
    "detection": detection.detection,
    "exploring": exploring.exploring,
    "import": loading.package_import,
    "collect": loading.plugin_on_unrelated_suite,
    "stubs": course.stubs,
    "solutions": course.solutions,
}


def main(names: list[str]) -> int:
    """Run the entries and print a line for each number."""
    unknown = [name for name in names if name not in ENTRIES]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. Choose from: {', '.join(ENTRIES)}.")
        return 2
    kept = True
    for name in names or ENTRIES:
        print(f"{name}: {(ENTRIES[name].__doc__ or '').splitlines()[0]}", flush=True)
        lines: list[Line] = []
        for line in ENTRIES[name]():
            lines.append(line)
            print(f"  {line}", flush=True)
        kept = kept and all(line.kept for line in lines)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
