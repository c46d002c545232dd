"""The `milepost` command: what it offers, and how every error leaves it."""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from ingestion.errors import MilepostError
from orchestration.commands import (
    check,
    contracts,
    dashboards,
    deliveries,
    demo,
    doctor,
    explaining,
    exporting,
    fetching,
    identifying,
    indicators,
    opting_out,
    places,
    purging,
    query,
    refresh,
    releasing,
    server,
    setup,
    site,
    status,
    withdrawing,
)
from orchestration.console import Exit, err, exit_code
from orchestration.machine import trouble_of_machine
from orchestration.stopping import stop_signal, watch_signals

EPILOG = (
    "Exit codes: 0 done, 1 something was rejected or a check failed, 2 usage or configuration, 3 a fault of"
    " Milepost, 130 or 143 stopped by Ctrl-C or SIGTERM. Data lives in MILEPOST_HOME (default .milepost),"
    " configuration in MILEPOST_COMMUNITIES."
)


class Commands(TyperGroup):
    """The command group; an error of ours is one block without a traceback, unless --debug asks for one."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except MilepostError as error:
            if os.environ.get("MILEPOST_DEBUG"):
                raise
            err.print(str(error), style="red", markup=False, soft_wrap=True)
            raise typer.Exit(exit_code(error)) from error
        except Exception as error:
            trouble = trouble_of_machine(error)
            if trouble is None or os.environ.get("MILEPOST_DEBUG"):
                raise
            err.print(str(trouble), style="red", markup=False, soft_wrap=True)
            raise typer.Exit(exit_code(trouble)) from None
        except KeyboardInterrupt as interrupt:
            err.print("Stopped; what is in force is whole. Run the command again to go on.")
            raise typer.Exit(128 + (stop_signal() or signal.SIGINT)) from interrupt


app = typer.Typer(
    cls=Commands,
    name="milepost",
    help="Load what partners send, check it at the gate, build the warehouse, publish what may be shown.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    debug: bool = typer.Option(
        False, "--debug", envvar="MILEPOST_DEBUG", help="Show tracebacks and the tools' own messages."
    ),
) -> None:
    """Load what partners send, check it at the gate, build the warehouse, publish what may be shown."""
    if debug:
        os.environ["MILEPOST_DEBUG"] = "1"
    # the handler's level, not the root's: some libraries set the level of their own loggers
    handler = logging.StreamHandler()
    handler.setLevel(logging.INFO if debug else logging.CRITICAL)
    logging.basicConfig(handlers=[handler], level=logging.INFO)


for subject in (
    demo,
    setup,
    doctor,
    fetching,
    deliveries,
    withdrawing,
    check,
    status,
    contracts,
    refresh,
    identifying,
    indicators,
    places,
    opting_out,
    purging,
    query,
    exporting,
    releasing,
    explaining,
    site,
    server,
    dashboards,
):
    subject.register(app)


def main() -> None:
    """Run the command; a fault names its kind only, since its message may quote a record."""
    watch_signals()
    try:
        app()
    except Exception as error:
        if os.environ.get("MILEPOST_DEBUG"):
            raise
        err.print(f"[red]A fault of Milepost:[/] {type(error).__name__}. Run with --debug to see where.")
        sys.exit(Exit.INTERNAL)


if __name__ == "__main__":
    main()
