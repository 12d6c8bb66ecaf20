"""Run every ``bench_*.py`` beside this file and write their goals to ``var/bench.json``.

A bench is a program that prints, as its last line, a JSON list with one object per goal: ``name``
(with the unit), ``ours``, ``peer`` (the same question answered by another tool in the same run;
null where the goal is absolute), ``ratio``, ``goal`` and ``met``. One process each, so that none
warms up another.
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


def run_bench(program):
    """Return the goals one bench measured, or one unmet goal that says why there are none."""
    done = subprocess.run(
        [sys.executable, program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    failed = {"name": program.stem, "ours": None, "peer": None, "ratio": None, "met": False}
    if done.returncode != 0:
        return [failed | {"goal": f"exit code 0, not {done.returncode}"}]
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return [failed | {"goal": "a JSON list as last line"}]


def timed_bench(program):
    """Return the goals of one bench; tell on standard error how long it took, and the load."""
    started = time.monotonic()
    goals = run_bench(program)
    took, load = time.monotonic() - started, os.getloadavg()[0]
    sys.stderr.write(f"{program.name}: {took:.0f} s, load {load:.1f}\n")
    return goals


def main():
    """Run all benches; 1 if a goal is not met."""
    goals = [goal for program in sorted(HERE.glob("bench_*.py")) for goal in timed_bench(program)]
    path = ROOT / "var" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(goals, indent=2) + "\n")
    for goal in goals:
        verdict = "met" if goal["met"] else "NOT MET"
        sys.stdout.write(
            f"{goal['name']}: {goal['ours']} (peer {goal['peer']}, goal {goal['goal']}) {verdict}\n"
        )
    sys.stdout.write(
        f"{os.cpu_count()} cores, Python {platform.python_version()}; "
        f"written to {path.relative_to(ROOT)}.\n"
    )
    return int(not all(goal["met"] for goal in goals))


if __name__ == "__main__":
    sys.exit(main())
