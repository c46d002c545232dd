"""What is told of a run that failed, never with a value of a record: in Dagster's log, and to a webhook."""

from __future__ import annotations

import html
import json
import logging
import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib import request

from ingestion.errors import MilepostError

WEBHOOK_VARIABLE = "MILEPOST_WEBHOOK"
TIMEOUT_SECONDS = 10
TEST_FAILED = re.compile(r"Got \d+ results?, configured to (fail|warn) if .{1,20}")
# ours, raised in a model of Python: it is written to be read, and quotes nothing
OWN_ERROR = re.compile(
    r"\n\s*(?:ingestion|identity|expectations|publishing|orchestration)\.[\w.]+Error: (?P<told>.+)", re.DOTALL
)
# what Python and Dagster write after a message: where it was raised, and what it was raised of
CHAIN = re.compile(r"\n\s*(?:Stack Trace:|The above exception|During handling of|Traceback )")
KIND_OF_ERROR = re.compile(r"(?P<kind>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)* Error)\b")

log = logging.getLogger("milepost")


class StepError(MilepostError):
    """A fault that nobody foresaw, without what it quotes."""


@contextmanager
def told_without_values() -> Iterator[None]:
    """Errors of a step as Dagster may keep them: ours without what they were raised of, of others the kind.

    Around a step, or decorating one that yields nothing. With MILEPOST_DEBUG the terminal gets all of it.
    """
    from orchestration.machine import trouble_of_machine

    try:
        yield
    except Exception as error:
        if os.environ.get("MILEPOST_DEBUG"):
            traceback.print_exc()
        # a failure that is told to Dagster is written by us as well
        if isinstance(error, MilepostError) or type(error).__module__.startswith("dagster"):
            raise error from None
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        raise (trouble_of_machine(error) or StepError(f"{kind}: {without_values(str(error))}")) from None


def notify(title: str, details: list[str]) -> bool:
    """Log, and post {"text": ...} where a webhook is set (Slack and Mattermost read this); True if posted.

    A webhook that does not answer is logged and never fails the run a second time.
    """
    text = "\n".join([title, *details])
    log.error(text)
    url = os.environ.get(WEBHOOK_VARIABLE)
    if not url:
        return False
    # what chat servers take for a mention or a link, as a partner may have named its file
    quiet = html.escape(text, quote=False).replace("@", "@\u200b")
    body = json.dumps({"text": quiet}).encode()
    try:
        post = request.Request(url, data=body, headers={"Content-Type": "application/json"}, method="POST")
        with request.urlopen(post, timeout=TIMEOUT_SECONDS):
            return True
    except (OSError, ValueError) as error:
        # the address itself may be a secret, so only the kind of error is told
        log.error("The webhook did not take the notification: %s", type(error).__name__)
        return False


def without_values(message: str) -> str:
    """What may be passed on of another library's message: the kind of error, or an error of ours within it.

    Cutting out what is quoted is not enough: an apostrophe in a name ends the quotation, and numbers are not
    quoted at all.
    """
    if TEST_FAILED.fullmatch(message.strip()):
        return message.strip()
    if own := OWN_ERROR.search(message):
        return CHAIN.split(own["told"])[0].strip()
    kind = KIND_OF_ERROR.match(message.strip())
    said = f"{kind['kind']}. " if kind else ""
    return (
        f"{said}The details may quote a record, so they are not passed on; MILEPOST_DEBUG=1 shows them here."
    )
