"""Telling people that a run failed: a line in the log, and a POST to the webhook of MILEPOST_WEBHOOK."""

from __future__ import annotations

import json
import logging
import os
import re
from urllib import request

WEBHOOK_VARIABLE = "MILEPOST_WEBHOOK"
TIMEOUT_SECONDS = 10
MOST_LINES = 3

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
    """The first lines of another library's message, with what it quotes cut out: it may quote a record."""
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    return re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", " ".join(lines[:MOST_LINES]))
