"""The machine that a program runs on: its memory, how many processors it may use, and of what kind they are."""

import os
import platform
from pathlib import Path

# instructions by which programs choose how to add: the order of additions decides the last digits of a sum
_INSTRUCTIONS = ("avx", "avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")
_SWITCHES = ("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS", "NVIDIA_TF32_OVERRIDE")


CARDS = Path("/proc/driver/nvidia/gpus")  # where the driver of graphics cards tells of them
CONTAINER = Path("/sys/fs/cgroup/memory.max")  # where Linux tells a container of its limit


def processors() -> int:
    """Processors that this process may use; ``LOSSLAB_THREADS``, where it is set, for fewer or more."""
    if threads := os.environ.get("LOSSLAB_THREADS"):
        return int(threads)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Bytes of memory that are free, on the machine and in the container that this process may run in."""
    import psutil  # which the file of a winner, that also imports this module, does without

    free = psutil.virtual_memory().available
    limit = CONTAINER.read_text().strip() if CONTAINER.is_file() else "max"
    return min(free, int(limit)) if limit.isdigit() else free


def cards(folder: Path = CARDS) -> list[str]:
    """The models of the machine's graphics cards; none where CUDA_VISIBLE_DEVICES hides all."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all") in ("", "-1"):
        return []
    lines = {line for path in folder.glob("*/information") for line in path.read_text().splitlines()}
    return sorted(line.split(":")[1].strip() for line in lines if line.startswith("Model:"))


def device(cpuinfo: Path = Path("/proc/cpuinfo"), cards_in: Path = CARDS) -> str:
    """The kind of device that calculates, in words: another kind may give other last digits.

    Args:
        cpuinfo: where Linux tells of processors; elsewhere only their family is known.
        cards_in: where the driver of graphics cards tells of them.
    """
    flags = set(cpuinfo.read_text().split()) if cpuinfo.is_file() else set()
    kind = [platform.machine(), *(name for name in _INSTRUCTIONS if name in flags), *cards(cards_in)]
    return " ".join([*kind, *(f"{name}={os.environ[name]}" for name in _SWITCHES if os.environ.get(name))])
