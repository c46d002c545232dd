"""A command that is told to stop, by Ctrl-C (SIGINT) or a supervisor (SIGTERM), and by which of them it was.

Dagster and dbt answer a signal while they run, each with an error of its own, and do not tell which it was.
"""

from __future__ import annotations

import contextlib
import os
import signal

STOPPING = (signal.SIGINT, signal.SIGTERM)
_pipes: list[int] = []  # where the numbers of signals arrive, once they are watched
_came = bytearray()


def watch_signals() -> None:
    """From now on SIGTERM raises KeyboardInterrupt, as SIGINT does; for the main thread of a command."""
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)
    # gets the number of every signal, whoever answers it
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _pipes.append(reading)


def stop_signal() -> signal.Signals | None:
    """The signal to stop that came, if any; the last of several."""
    for pipe in _pipes:
        with contextlib.suppress(BlockingIOError):
            _came.extend(os.read(pipe, 1024))
    return next((signal.Signals(number) for number in reversed(_came) if number in STOPPING), None)
