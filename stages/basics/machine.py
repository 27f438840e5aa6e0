"""The machine that a program runs on: its memory, how many processors it may use, and of what kind they are."""

import os
import platform
from pathlib import Path

# instructions by which programs choose how to add: the order of additions decides the last digits of a sum
_INSTRUCTIONS = ("avx", "avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")
_SWITCHES = ("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS", "NVIDIA_TF32_OVERRIDE")


def processors() -> int:
    """Processors that this process may use; ``LOSSLAB_THREADS``, where it is set, for fewer or more."""
    if threads := os.environ.get("LOSSLAB_THREADS"):
        return int(threads)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Bytes of memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def device(cpuinfo: Path = Path("/proc/cpuinfo"), cards: Path = Path("/proc/driver/nvidia/gpus")) -> str:
    """The kind of device that calculates, in words: another kind may give other last digits.

    Args:
        cpuinfo: where Linux tells of processors; elsewhere only their family is known.
        cards: where the driver of graphics cards tells of them.
    """
    flags = set(cpuinfo.read_text().split()) if cpuinfo.is_file() else set()
    kind = [platform.machine(), *(name for name in _INSTRUCTIONS if name in flags)]
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all") not in ("", "-1"):
        models = {line for path in sorted(cards.glob("*/information")) for line in path.read_text().splitlines()}
        kind += sorted(line.split(":")[1].strip() for line in models if line.startswith("Model:"))
    return " ".join([*kind, *(f"{name}={os.environ[name]}" for name in _SWITCHES if os.environ.get(name))])
