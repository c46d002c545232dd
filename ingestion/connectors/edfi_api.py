"""The Ed-Fi ODS/API as a client sees it: a token, change versions, and pages of resources.

What a copy of an ODS is made of from these lives in `edfi_copy`.
"""

from collections.abc import Iterator
from typing import Any, Literal, cast

import requests
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests.auth import HTTPBasicAuth

from ingestion.connectors.credentials import Credentials
from ingestion.connectors.http_session import PatientSession, good
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import cut, login_refused, missing, trouble_of
from ingestion.errors import FetchError

Record = dict[str, Any]
Changes = Literal["", "/deletes", "/keyChanges"]
NEXT_PAGE, TOTAL = "Next-Page-Token", "Total-Count"
KEY_SETS_SINCE = (7, 3)  # the version of the ODS/API that pages by key set


class Absent(FetchError):
    """The server has nothing at this address."""


class _Login(OAuth2ClientCredentials):
    """A token by the client's key and secret, sent as HTTP's basic login, asked for anew when it ends."""

    def build_access_token_request(self) -> dict[str, Any]:
        login = HTTPBasicAuth(str(self.client_id), str(self.client_secret))
        return {"auth": login, "data": {"grant_type": "client_credentials"}}


class _Session(PatientSession):
    """Every answer is one of success, and a token that ended before its time is asked for anew, once."""

    def __init__(self, source: NamedSource, credentials: Credentials, token_url: str) -> None:
        super().__init__(source.timeout_seconds)
        if certificates := credentials.file("CA_FILE"):
            self.verify = str(certificates)
        self._source, self._token_url = source, token_url
        self.what = "the list of addresses"
        self.login = _Login(
            access_token_url=token_url,
            client_id=credentials.need("KEY"),
            client_secret=credentials.need("SECRET"),
            session=self,
        )

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As of a patient session; a FetchError for whatever is no success."""
        is_login = request.url == self._token_url
        try:
            response = super().send(request, **kwargs)
            if response.status_code == 401 and not is_login:
                response.close()
                self.login.obtain_token()
                request.headers["Authorization"] = f"Bearer {self.login.access_token}"
                response = super().send(request, **kwargs)
        except requests.exceptions.ChunkedEncodingError:  # fewer bytes came than were announced
            raise cut(self._source) from None
        except requests.RequestException as error:
            raise trouble_of(error, self._source, self.what) from None
        if is_login and response.status_code == 400:  # how OAuth says that it does not know the client
            raise login_refused(self._source)
        if response.status_code == 404:
            absent = missing(self._source, self.what)
            raise Absent(absent.what, where=absent.where, next_step=absent.next_step)
        return good(response, self._source, self.what)


class _KeySets(BasePaginator):
    """Each page names the next, which stays right whatever changes meanwhile."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size, self._token = size, ""

    def init_request(self, request: requests.Request) -> None:
        request.params = {**_params(request), "pageSize": self._size}

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        self._token = response.headers.get(NEXT_PAGE, "")
        self._has_next_page = bool(self._token)

    def update_request(self, request: requests.Request) -> None:
        request.params = {**_params(request), "pageToken": self._token}


class _FromTheEnd(BasePaginator):
    """Pages by offset, the last one first: a record that leaves the window meanwhile moves none past us."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._offset: int | None = None

    def init_request(self, request: requests.Request) -> None:
        request.params = {**_params(request), "totalCount": "true", "limit": 0}

    def update_state(self, response: requests.Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        if self._offset is None:
            total = int(response.headers.get(TOTAL) or 0)
            self._offset = (total + self._size - 1) // self._size * self._size
        self._offset -= self._size
        self._has_next_page = self._offset >= 0

    def update_request(self, request: requests.Request) -> None:
        request.params = {
            **_params(request),
            "totalCount": "false",
            "limit": self._size,
            "offset": self._offset,
        }


def _params(request: requests.Request) -> dict[str, Any]:
    return cast("dict[str, Any]", request.params)


class OdsApi:
    """One ODS/API. Every trouble is a FetchError, in which no record is told."""

    def __init__(self, source: NamedSource, credentials: Credentials) -> None:
        assert source.edfi_api is not None
        self._source, self._api = source, source.edfi_api
        self._base = source.url.rstrip("/")
        self._session = _Session(source, credentials, self._below(self._api.token))
        self._client = RESTClient(self._base, auth=self._session.login, session=self._session)
        self._has_key_sets: bool | None = None

    def newest_version(self) -> int | None:
        """The change version of the last change; None where the server keeps none."""
        try:
            answer = self._json(self._below(self._api.change_queries), "the change versions")
        except Absent:
            return None
        # newestChangeVersion; NewestChangeVersion before version 6
        told = {str(name).lower(): value for name, value in answer.items()}.get("newestchangeversion")
        if not isinstance(told, int):
            raise self._unintelligible("the change versions")
        return told

    def pages(
        self, resource: str, after: int | None = None, until: int | None = None, changes: Changes = ""
    ) -> Iterator[list[Record]]:
        """Records of a resource (or what was deleted, or changed keys) by page, of changes in `after` <
        version <= `until` where these are given."""
        window = {"minChangeVersion": None if after is None else after + 1, "maxChangeVersion": until}
        params = {name: value for name, value in window.items() if value is not None}
        size = self._api.page_size
        pages = _KeySets(size) if not changes and self._pages_by_key_set() else _FromTheEnd(size)
        self._session.what = f"{resource}{changes}"
        path = f"{self._resources}/{resource}{changes}"
        found = self._client.paginate(
            path, params=params, paginator=pages, data_selector="$", hooks={"response": []}
        )
        try:
            for page in found:
                if not all(isinstance(record, dict) and "id" in record for record in page):
                    raise self._unintelligible(resource)
                yield [*page]
        except requests.RequestException:  # a page that is no JSON: something in between cut it
            raise cut(self._source) from None

    def one(self, resource: str, key: str) -> Record | None:
        """A record by its id; None where it is not there any more."""
        try:
            return self._json(f"{self._resources}/{resource}/{key}", resource)
        except Absent:
            return None

    def close(self) -> None:
        """End the connections."""
        self._session.close()

    @property
    def _resources(self) -> str:
        return self._below(self._api.data)

    def _pages_by_key_set(self) -> bool:
        if self._has_key_sets is None:
            told = str(self._json(self._base, "the version of the server").get("version", ""))
            numbers = [int(part) for part in told.split(".")[:2] if part.isdigit()]
            self._has_key_sets = tuple(numbers) >= KEY_SETS_SINCE
        return self._has_key_sets

    def _json(self, url: str, what: str) -> Record:
        self._session.what = what
        try:
            answer = self._client.get(url, hooks={"response": []}).json()
        except requests.RequestException:
            raise cut(self._source) from None
        if not isinstance(answer, dict):
            raise self._unintelligible(what)
        return answer

    def _below(self, path: str) -> str:
        return f"{self._base}/{path.strip('/')}"

    def _unintelligible(self, what: str) -> FetchError:
        return FetchError(
            f"the server's answer for {what} is not what an Ed-Fi ODS/API gives",
            where=self._source.where,
            next_step=f"Check 'url' and 'edfi_api' in {self._source.written_at}",
        )
