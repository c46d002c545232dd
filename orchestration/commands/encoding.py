"""`milepost identity encode`: a partner's side of linking children without telling their names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ingestion.wording import counted
from orchestration.console import Exit, UsageError, err

if TYPE_CHECKING:
    from identity.private.encoded_file import Encoded


def register(identity_app: typer.Typer) -> None:
    identity_app.command()(encode)


def encode(
    file: Path = typer.Argument(help="CSV of children, with a header row."),
    out: Path = typer.Option(..., "--out", help="The CSV to write: this is what is sent."),
    schema: Path | None = typer.Option(
        None,
        "--schema",
        help="TOML that says which header is what; not needed where headers are the fields' names.",
    ),
    key_file: Path | None = typer.Option(
        None,
        "--key-file",
        help="File with the secret alone, readable by you alone; else MILEPOST_LINKAGE_KEY.",
    ),
    birth_year: bool = typer.Option(
        False,
        "--birth-year",
        help="Write the year of birth too, where your agreement permits it: fewer are missed.",
    ),
    force: bool = typer.Option(False, "--force", help="Replace the file to write, if it is there."),
) -> None:
    """Encode names, birth dates, sex and ZIP codes, so that children are linked and no name leaves here.

    Fields are student_id, first_name, middle_name, last_name, birth_date, sex and zip_code. A schema names
    the file's headers for those it has, and birth_date_format, delimiter, encoding and sex_codes where they
    differ. The secret comes from the partnership's data manager, and is never given on the command line.
    Exit codes: 0 written, 1 the file is not as said and nothing was written, 2 usage or secret.

    Example: milepost identity encode children.csv --out for_the_partnership.csv

    Example: milepost identity encode children.csv --out out.csv --schema ours.toml --key-file ~/linkage.key

    A schema: student_id = "Pupil"  last_name = "Family"  birth_date = "DOB"  birth_date_format = "%m/%d/%Y"
    """
    from identity.private.encoded_file import Schema, encode_file, read_schema
    from identity.private.encoding import Encoder
    from identity.private.secret import linkage_secret

    _refuse_to_replace(out, file, force)
    encoder = Encoder(linkage_secret(key_file))
    how = read_schema(schema) if schema else Schema()
    with _Bar(file) as told:
        counts = encode_file(file, out, encoder, how, with_birth_year=birth_year, progress=told.update)
    if not counts.rows:
        out.unlink()
        raise UsageError("The file has no rows", where=str(file), next_step="Give the file with its children")
    _tell(counts, out, encoder.version, how.birth_date_format)
    if counts.without_clk == counts.rows:
        out.unlink()
        raise typer.Exit(Exit.REJECTED)


def _refuse_to_replace(out: Path, file: Path, force: bool) -> None:
    if out.exists() and (not force or out.samefile(file)):
        raise UsageError(
            "The file to write is there already", where=str(out), next_step="Name another, or use --force"
        )


def _tell(counts: Encoded, out: Path, version: str, birth_date_format: str) -> None:
    err.print(
        f"{counted(counts.rows, 'child', 'children')} in {out}, encoded as [bold]{version}[/].",
        f"{counts.without_clk:,} without an encoding, for want of a name or a birth date"
        + (
            f" ({counts.unreadable_birth_dates:,} birth dates are not written as {birth_date_format})."
            if counts.unreadable_birth_dates
            else "."
        ),
    )
    err.print(
        "Tell the version to the data manager, who holds the file against it. Keep the secret out of mails."
    )


class _Bar:
    """A progress bar over the bytes of a file, on a terminal only."""

    def __init__(self, file: Path) -> None:
        from rich.progress import Progress

        self._bars = Progress(console=err, transient=True)
        self._task = self._bars.add_task(f"Encoding {file.name}", total=None)

    def __enter__(self) -> _Bar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def update(self, done: int, total: int) -> None:
        self._bars.update(self._task, completed=done, total=total)
