"""Running whole programs and measuring them: processor time, wall time, peak memory."""

import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass


@dataclass
class Run:
    """One run of a program with all the processes that it started and waited for."""

    wall_s: float
    cpu_s: float
    largest_rss_mb: float
    output: str


def run(command, environment=None):
    """Runs to the end. What earlier runs left to be written goes to the disk first, so that no run pays for another.

    largest_rss_mb is that of the largest single process.
    """
    os.sync()
    begun = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    errors = []
    reader = threading.Thread(target=lambda: errors.append(child.stderr.read()))
    reader.start()
    output = child.stdout.read()
    reader.join()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)}: exit {child.returncode}\n{''.join(errors)}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def peak_memory_mb(command, every_s=0.1):
    """The largest sum of the memory of a program and all its descendants, pages that they share counted once (PSS).

    In a run of its own, because looking costs time.
    """
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, sum(proportional_mb(pid) for pid in tree(child.pid)))
        time.sleep(every_s)
    return peak


def tree(root):
    """Process ids of `root` and all its descendants."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf8") as file:
                # The name before it, in brackets, may hold anything.
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [root]
    for process in found:
        found.extend(child for child, parent in parents.items() if parent == process)
    return found


def proportional_mb(process):
    try:
        with open(f"/proc/{process}/smaps_rollup", encoding="utf8") as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith("Pss:")), 0.0)
    except OSError:
        return 0.0


def spread(values, digits=1):
    """Median, lowest and highest, as words."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def table(headings, rows):
    """Markdown."""
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    return "\n".join(lines + [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows])
