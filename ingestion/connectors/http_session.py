"""One HTTPS session for every connector that speaks it: bounded tries, waits as servers ask, time limits.

It is a `requests.Session`, so whatever takes one (such as dlt's REST source) is as patient and as careful.
"""

import email.utils
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from ingestion.connectors.credentials import Credentials
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import login_refused, missing, not_allowed, trouble_of
from ingestion.errors import FetchError

PAUSES = (0.5, 1.0, 2.0)  # seconds before a second, third and fourth try
LONGEST_WAIT = 120  # seconds; a server that asks for more is told of, and asked again by the next fetch
FAR_OFF = 86_400  # seconds; who asks for more means another day
TRIED_AGAIN = (429, 500, 502, 503, 504)


class _Token(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Nobody(AuthBase):
    """Sends nothing; without it, requests would look for a login in the account's .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class PatientSession(requests.Session):
    """Asks again where that may help, three times at most; speaks HTTPS alone, so no redirect leaves it."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds
        self.adapters.clear()
        self.mount("https://", HTTPAdapter())
        self.headers["Accept-Encoding"] = "identity"  # sizes and ranges are those of the file
        self.auth = _Nobody()

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        """As of requests, which would send a login of the account's .netrc to a host a server leads to."""
        if self.should_strip_auth(response.request.url, prepared_request.url):
            prepared_request.headers.pop("Authorization", None)

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """As of requests, whose REQUESTS_CA_BUNDLE would else win over the certificates we were given."""
        stated = self.verify if verify in (None, True) and isinstance(self.verify, str) else verify
        return super().merge_environment_settings(url, proxies, stream, stated, cert)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As of requests; a 429 or 5xx is answered by the last try, a trouble of the network raised by it."""
        kwargs["timeout"] = kwargs.get("timeout") or self.seconds
        for pause in PAUSES:
            try:
                response = super().send(request, **kwargs)
            except (requests.exceptions.SSLError, requests.exceptions.InvalidSchema):
                raise
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(pause)
                continue
            wait = max(retry_after(response) or 0, pause)
            if response.status_code not in TRIED_AGAIN or wait > LONGEST_WAIT:
                return response
            response.close()
            time.sleep(wait)
        return super().send(request, **kwargs)


def session_for(source: NamedSource, credentials: Credentials) -> PatientSession:
    """A session with the source's time limit, login (token, or user and password) and certificates."""
    session = PatientSession(source.timeout_seconds)
    if certificates := credentials.file("CA_FILE"):
        session.verify = str(certificates)
    if token := credentials.get("TOKEN"):
        session.auth = _Token(token)
    elif credentials.get("USER") or credentials.get("PASSWORD"):
        session.auth = HTTPBasicAuth(credentials.need("USER"), credentials.need("PASSWORD"))
    elif source.credentials and not certificates:
        credentials.need("TOKEN", "USER")
    return session


def ask(
    session: PatientSession, source: NamedSource, method: str, url: str, what: str, **kwargs: Any
) -> requests.Response:
    """The answer, if it is one of success; otherwise one FetchError."""
    return good(answer(session, source, method, url, what, **kwargs), source, what)


def answer(
    session: PatientSession, source: NamedSource, method: str, url: str, what: str, **kwargs: Any
) -> requests.Response:
    """Whatever the server says; a FetchError where it says nothing."""
    try:
        return session.request(method, url, **kwargs)
    except requests.exceptions.InvalidSchema:
        raise FetchError(
            f"the server leads to an address without https for {what}",
            where=source.where,
            rule="Nothing is fetched over a connection that others can read",
            next_step=f"Ask the partner for the right address, and correct 'url' in {source.written_at}",
        ) from None
    except requests.TooManyRedirects:
        raise FetchError(
            f"the server leads in a circle for {what}",
            where=source.where,
            next_step=f"Ask the partner for the right address, and correct 'url' in {source.written_at}",
        ) from None
    except requests.RequestException as error:
        raise trouble_of(error, source, what) from None


def good(response: requests.Response, source: NamedSource, what: str) -> requests.Response:
    """The same answer; a FetchError if it is none of success."""
    if response.ok:
        return response
    response.close()
    raise _refusal(response, source, what)


def retry_after(response: requests.Response) -> float | None:
    """The seconds a server asks to wait, written as a number or as a date."""
    asked = response.headers.get("Retry-After", "").strip()
    if (number := whole_number(asked)) is not None:
        return float(min(number, FAR_OFF))
    date = moment(asked)
    return max(0.0, date - time.time()) if date is not None else None


def whole_number(text: str) -> int | None:
    """The number that a header states; None for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def moment(text: str) -> float | None:
    """Seconds since 1970 of the date that a header states; None for what is none."""
    try:
        date = email.utils.parsedate_tz(text)
        return float(email.utils.mktime_tz(date)) if date else None
    except (ValueError, OverflowError, TypeError):
        return None


def _refusal(response: requests.Response, source: NamedSource, what: str) -> FetchError:
    status = response.status_code
    if status == 401:
        return login_refused(source)
    if status == 403:
        return not_allowed(source, what)
    if status in (404, 410):
        return missing(source, what)
    wait = retry_after(response)
    later = f"in {wait:,.0f} seconds" if wait and wait < FAR_OFF else "later"
    said = "is asked too often" if status == 429 else "has a fault" if status >= 500 else "did not give it"
    return FetchError(
        f"the server {said} (status {status}) for {what}",
        where=source.where,
        next_step=f"Run `milepost fetch {source.name}` again {later}",
    )
