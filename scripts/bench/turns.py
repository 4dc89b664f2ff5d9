"""Training steps here and in PyTorch, in turns: what the scripts that time them have in common."""

import json
import os
import statistics
import subprocess
import time

import torch
from torch.nn import functional


def pytorch(net, optimizer, data, steps):
    """Times steps on the same rows, four classes in turn: milliseconds by the clock and of the processor."""
    targets = torch.arange(len(data[0])) % 4
    clock, processor = [], []
    for _ in range(steps):
        start, used = time.perf_counter(), time.process_time()
        optimizer.zero_grad()
        functional.cross_entropy(net(*data), targets).backward()
        optimizer.step()
        clock.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - used) * 1000)
    return {"clock_ms": clock, "processor_ms": processor}


def ours(program, *arguments):
    """What an example printed."""
    done = subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def one_thread():
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)


def peak_mib():
    """The largest resident memory of this process so far."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def measure(arguments, sides):
    """Runs the sides, a function each by its name, and prints times or, with `--memory`, the largest resident memory of each."""
    if not arguments.memory:
        return compare(arguments.rounds, sides)
    print(f"augment: {sides['augment']()['peak_mib']:.0f} MiB")
    # PyTorch runs once, in this process, which has only loaded it so far.
    before = peak_mib()
    sides["PyTorch"]()
    print(f"PyTorch: {peak_mib():.0f} MiB, {before:.0f} before its first step")


def compare(rounds, sides):
    """Runs the sides in turns, and prints medians without each run's first step, and their ratio."""
    results = {}
    for _ in range(rounds):
        for name, side in sides.items():
            run = side()
            for kind in ("processor_ms", "clock_ms"):
                results.setdefault(name, {}).setdefault(kind, []).extend(run[kind][1:])
    for name, kinds in results.items():
        line = ", ".join(
            f"{kind} median {statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"
            for kind, values in kinds.items()
        )
        print(f"{name}: {line}")
    for kind in ("processor_ms", "clock_ms"):
        ratio = statistics.median(results["augment"][kind]) / statistics.median(results["PyTorch"][kind])
        print(f"ratio {kind}: {ratio:.2f}")
