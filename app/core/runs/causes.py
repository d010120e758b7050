"""Why an attempt broke off, in plain words: what happened, and what to do about it where that is known."""

import errno
import signal
from collections.abc import Iterator, Sequence

from app.core.runs.lifecycle import RunState

UNRENEWED = "its lease could not be renewed: the database did not answer in time"
DISK_FULL = (
    "The disk is full. Make room on the disk that holds the data folder, then continue the run: it goes on from its "
    "last checkpoint."
)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_DEVICE_MEMORY = frozenset({"ResourceExhaustedError", "OutOfMemoryError", "XlaRuntimeError"})
_DOING = {
    RunState.STARTING: "starting",
    RunState.PREPARING: "preparing images",
    RunState.RUNNING: "training",
    RunState.EVALUATING: "evaluating",
}
_SIGNALS = {
    signal.SIGSEGV: "a fault in native code (a wrong memory access)",
    signal.SIGBUS: "a memory-mapped file could not be read: its disk is full, or the file was cut short",
    signal.SIGILL: "an instruction that this processor lacks: TensorFlow was built for a newer one",
    signal.SIGABRT: "native code gave up",
    signal.SIGFPE: "a wrong calculation in native code",
    signal.SIGTERM: "the process was asked to end by somebody else",
    signal.SIGKILL: "the process was killed by somebody else, or by the kernel for want of memory",
}


def hung(phase: RunState, seconds: float) -> str:
    """Nothing got done for too long."""
    doing = _DOING.get(phase, phase.value)
    return f"hung: nothing got done for {seconds:g} s while {doing}; the log has the stack of every thread"


def ended(code: int) -> str:
    """A process that ended by itself before its run did; `code` as subprocess has it, a signal's number negative."""
    if code >= 0:
        return f"the process ended with status {code} before the run was finished"
    try:
        number = signal.Signals(-code)
    except ValueError:
        return f"the process was ended by signal {-code}"
    meaning = _SIGNALS.get(number, "the process was ended")
    return f"{meaning} ({number.name}); the log has what it said last"


def gpu_not_used(backend: str) -> str:
    """A GPU is there, and the backend computes on the CPU."""
    install = "`pip install 'tensorflow[and-cuda]'`" if backend == "tensorflow" else f"{backend} built for CUDA"
    return (
        f"Warning: this worker has a GPU, but {backend} sees none and computes on the CPU, which is far slower. "
        f"Install {install} on this machine and look at what it prints when it is imported."
    )


def one_device_only(backend: str) -> str:
    """A run that asks for several devices, on a backend that cannot."""
    return (
        f"Diceboard trains on several devices with TensorFlow and with JAX, and this worker's backend is {backend}. "
        "Ask for one device, or start the worker with KERAS_BACKEND=tensorflow."
    )


NO_ACCUMULATION = (
    "Keras cannot accumulate gradients on several devices with TensorFlow. Leave gradient_accumulation_steps empty and "
    "multiply the batch size instead (each device holds only its part of a batch), or train on one device."
)


def too_few_devices(count: int, *, seen: Sequence[str]) -> str:
    """The backend does not see as many devices as a run asks for."""
    return (
        f"The run asks for {count} devices, but the trainer sees {len(seen)} ({', '.join(seen)}). Ask for fewer, or give "
        "the worker more: DICEBOARD_GPUS_PER_WORKER GPUs, or without any DICEBOARD_CPU_DEVICES parts of the CPU."
    )


def out_of_host_memory(batch_size: int, *, fits: int | None) -> str:
    """The kernel chose this process to end."""
    return f"out of memory: the kernel killed the process to get its memory back. {_smaller(batch_size, fits)}"


def out_of_device_memory(batch_size: int, *, fits: int | None) -> str:
    """The device could not hold a step."""
    return f"The device ran out of memory with batches of {batch_size} images. {_smaller(batch_size, fits)}"


def images_gone(dataset: str, detail: str) -> str:
    """A version's images, or the version itself, are not there any more."""
    return (
        f"Images of dataset {dataset} are gone from the storage ({detail.rstrip('.')}). Upload them again as they were, "
        "or train on a newer version of it."
    )


def is_disk_full(error: BaseException) -> bool:
    """Whether an error, or one that it came of, is for want of room on disk."""
    return any(getattr(one, "errno", None) in _FULL or "No space left on device" in str(one) for one in _chain(error))


def is_out_of_device_memory(error: BaseException) -> bool:
    """Whether the backend could not have the device memory that a step takes, whichever backend it is."""
    return any(
        type(one).__name__ in _DEVICE_MEMORY and ("memory" in str(one).lower() or "oom" in str(one).lower())
        for one in _chain(error)
    )


def _smaller(batch_size: int, fits: int | None) -> str:
    """The batch to try: the estimate was wrong where it says that this one fits, and then half of it."""
    if batch_size == 1:
        return "Even single images do not fit: use smaller images, a smaller network or an optimizer that keeps less."
    size = max(1, min(batch_size // 2 if fits is None or fits >= batch_size else fits, batch_size // 2))
    return f"Use batches of at most {size} images, smaller images or a smaller network."


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
