"""A folder that a web server lists as a page of links."""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urljoin, urlsplit

import requests

from ingestion.connectors.credentials import Credentials
from ingestion.connectors.http_session import answer, ask, good, moment, session_for, whole_number
from ingestion.connectors.remote import RemoteFile
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import cut, trouble_of
from ingestion.errors import Unavailable

PIECE = 1 << 16
MOST_OF_A_PAGE = 64 << 20
_NO_HEAD = (405, 501)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


class HttpsFolder:
    """The files that the page at an `https://host/folder/` url links to, below that folder alone."""

    def __init__(self, source: NamedSource, credentials: Credentials) -> None:
        self._source = source
        self._root = source.url.rstrip("/") + "/"
        self._session = session_for(source, credentials)

    def files(self, is_wanted: Callable[[str], bool]) -> Iterator[RemoteFile]:
        """A look at each wanted file, since pages do not tell sizes in any one way."""
        folders = [""]
        for _ in range(self._source.depth + 1):
            names = [name for folder in folders for name in self._linked(folder)]
            for name in names:
                if not name.endswith("/") and is_wanted(name):
                    yield self.look(name)
            folders = [name for name in names if name.endswith("/")]

    def _linked(self, folder: str) -> list[str]:
        """Files, and folders with a slash at the end, directly below a folder."""
        base = self._root + quote(folder)
        page = ask(self._session, self._source, "GET", base, "the folder", stream=True)
        with page:
            text = self._text(page)
        links = _Links()
        links.feed(text)
        here = urlsplit(page.url)
        names: dict[str, None] = {}
        for link in links.found:
            try:
                target = urlsplit(urljoin(page.url, link))
            except ValueError:  # no address, so no file
                continue
            path = unquote(target.path).removeprefix(unquote(here.path))
            is_below = target.netloc == here.netloc and path != unquote(target.path)
            if is_below and path and "/" not in path.rstrip("/") and not target.query:
                names[folder + path] = None
        return list(names)

    def _text(self, page: requests.Response) -> str:
        try:
            text = page.raw.read(MOST_OF_A_PAGE, decode_content=False)
        except Exception as error:
            raise trouble_of(error, self._source) from None
        try:
            return str(text, page.encoding or "utf-8", "replace")
        except LookupError:  # an encoding nobody knows; names of files are mostly ASCII
            return str(text, "utf-8", "replace")

    def look(self, name: str) -> RemoteFile:
        url = self._root + quote(name)
        response = self._headers(url, name)
        headers = response.headers
        return RemoteFile(
            name,
            whole_number(headers.get("Content-Length", "")),
            moment(headers.get("Last-Modified", "")),
            headers.get("ETag", ""),
        )

    def _headers(self, url: str, name: str) -> requests.Response:
        """The headers of a file, also of a server that gives them only together with the file."""
        response = answer(self._session, self._source, "HEAD", url, name, allow_redirects=True)
        if response.status_code not in _NO_HEAD:
            return good(response, self._source, name)
        response = ask(self._session, self._source, "GET", url, name, stream=True)
        response.close()
        return response

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        """From `start` on; a server that knows no ranges sends it all, and what we have is passed over."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        if start and file.tag and not file.tag.startswith("W/"):
            headers["If-Range"] = file.tag
        url = self._root + quote(file.name)
        response = ask(self._session, self._source, "GET", url, file.name, headers=headers, stream=True)
        skip = start if response.status_code != 206 else 0
        with response:
            for piece in self._pieces(response, file):
                passed = min(skip, len(piece))
                skip -= passed
                if piece[passed:]:
                    yield piece[passed:]

    def _pieces(self, response: requests.Response, file: RemoteFile) -> Iterator[bytes]:
        """As they arrive: a server that drips is then stopped by the caller's time limit."""
        try:
            while piece := response.raw.read1(PIECE, decode_content=False):
                yield piece
        except Exception as error:
            known = trouble_of(error, self._source, file.name)
            raise known if isinstance(known, Unavailable) else cut(self._source) from None

    def close(self) -> None:
        self._session.close()
