"""Telling people that a run failed: a line in the log, and a POST to the webhook of MILEPOST_WEBHOOK."""

from __future__ import annotations

import json
import logging
import os
import re
from urllib import request

WEBHOOK_VARIABLE = "MILEPOST_WEBHOOK"
TIMEOUT_SECONDS = 10
TEST_FAILED = re.compile(r"Got \d+ results?, configured to (fail|warn) if .{1,20}")
# ours, raised in a model of Python: it is written to be read, and quotes nothing
OWN_ERROR = re.compile(r"\n\s*(?:ingestion|publishing)\.[\w.]+Error: (?P<told>.+)", re.DOTALL)
KIND_OF_ERROR = re.compile(r"(?P<kind>[A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)* Error)\b")

log = logging.getLogger("milepost")


def notify(title: str, details: list[str]) -> bool:
    """Log, and post {"text": ...} where a webhook is set (Slack and Mattermost read this); True if posted.

    A webhook that does not answer is logged and never fails the run a second time.
    """
    text = "\n".join([title, *details])
    log.error(text)
    url = os.environ.get(WEBHOOK_VARIABLE)
    if not url:
        return False
    body = json.dumps({"text": text}).encode()
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
        return own["told"].strip()
    kind = KIND_OF_ERROR.match(message.strip())
    said = f"{kind['kind']}. " if kind else ""
    return (
        f"{said}The details may quote a record, so they are not passed on; MILEPOST_DEBUG=1 shows them here."
    )
