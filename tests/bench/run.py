"""Run every ``bench_*.py`` beside this file and write their numbers to ``var/bench.json``.

A bench is a program that prints one JSON object as its last line: names with their unit
(``detect_s``, ``rows_per_s``) and values. One process each, so that none warms up another.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def run_bench(program: Path) -> dict[str, object]:
    """Return what one bench measured, or why it failed."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    took = {"took_s": round(time.perf_counter() - started, 2)}
    if done.returncode != 0:
        return took | {"failed": f"exit code {done.returncode}"}
    try:
        return took | json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return took | {"failed": "its last line is no JSON object"}


def main() -> int:
    """Run all benches; 1 if one failed."""
    results = {p.stem.removeprefix("bench_"): run_bench(p) for p in sorted(HERE.glob("bench_*.py"))}
    machine = {"python": platform.python_version(), "cores": os.cpu_count()}
    path = ROOT / "var" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "benches": results}, indent=2) + "\n")
    for name, numbers in results.items():
        sys.stdout.write(f"{name}: {json.dumps(numbers)}\n")
    sys.stdout.write(f"Written to {path.relative_to(ROOT)}.\n")
    return int(any("failed" in numbers for numbers in results.values()))


if __name__ == "__main__":
    sys.exit(main())
