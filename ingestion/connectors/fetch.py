"""Fetching a source: what is new there, onto our disk and then into the inbox, whole or not at all."""

import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from ingestion.configuration.community import Communities
from ingestion.connectors.credentials import Credentials, credentials_of
from ingestion.connectors.download import forget
from ingestion.connectors.offers import Offer, offers
from ingestion.connectors.records import Records
from ingestion.connectors.remote import is_safe
from ingestion.connectors.source import NamedSource
from ingestion.connectors.troubles import not_written, trouble_of
from ingestion.errors import FetchError, Interrupted, MilepostError, Unavailable
from ingestion.home import Home
from ingestion.lake.files import sync_folder

_log = logging.getLogger(__name__)
PAUSES = (0.5, 2.0)  # seconds before a source is gone on with after a cut


@dataclass(frozen=True)
class Fetched:
    """What came of a source: files now in the inbox, names left where they are, and troubles."""

    source: str
    files: tuple[Path, ...]
    unchanged: tuple[str, ...]
    still_written: tuple[str, ...]
    unexpected: tuple[str, ...]
    problems: tuple[MilepostError, ...]


def fetch(
    home: Home,
    communities: Communities,
    source: NamedSource,
    *,
    again: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Fetched:
    """Fetch what is new at a source into the inbox; with `again`, also what was fetched before.

    A cut connection is gone on with, three times at most; then its error is among the problems, as is every
    other trouble of the source or of one file, and the next fetch goes on. Raises ContractError for what is
    configured wrongly, and FetchError while another process fetches the source.
    """
    credentials = credentials_of(source, environment)
    home.create()
    with _alone(home, source):
        walks = _Walks(home, communities, source, credentials, again)
        for pause in (*PAUSES, None):
            walk = walks.next()
            if pause is None or not any(isinstance(problem, Interrupted) for problem in walk.problems):
                break
            time.sleep(pause)
        if not walk.problems:  # parts of files that are not offered any more
            shutil.rmtree(home.fetching / source.name, ignore_errors=True)
    return walks.told(walk)


@dataclass
class _Walk:
    """What one walk over the source's offers left where it is."""

    unchanged: list[str] = field(default_factory=list)
    still_written: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    problems: list[MilepostError] = field(default_factory=list)


class _Walks:
    """Walks over one source; a later one takes what an earlier one did not come to."""

    def __init__(
        self, home: Home, communities: Communities, source: NamedSource, credentials: Credentials, again: bool
    ) -> None:
        self._home, self._communities, self._source = home, communities, source
        self._credentials, self._again = credentials, again
        self._records = Records(home, source)
        self.files: list[Path] = []

    def next(self) -> _Walk:
        """Go over everything the source offers, up to a trouble of the source as a whole."""
        walk = _Walk()
        try:
            with offers(self._home, self._source, self._credentials) as found:
                for offer in found:
                    try:
                        self._consider(offer, walk)
                    except Unavailable:
                        raise
                    except FetchError as error:  # one file's trouble; the others are still fetched
                        walk.problems.append(error)
        except FetchError as error:
            walk.problems.append(error)
        except MilepostError:  # of the configuration
            raise
        except Exception as error:  # what nobody foresaw of one server is not the other sources' trouble
            _log.info("fetching from %s", self._source.name, exc_info=True)
            walk.problems.append(trouble_of(error, self._source))
        return walk

    def told(self, walk: _Walk) -> Fetched:
        """What all walks brought, and what the last one left."""
        return Fetched(
            self._source.name,
            tuple(self.files),
            tuple(walk.unchanged),
            tuple(walk.still_written),
            tuple(walk.unexpected),
            tuple(walk.problems),
        )

    def _consider(self, offer: Offer, walk: _Walk) -> None:
        target = self._home.inbox / self._source.name / offer.name
        if target in self.files:
            return
        self._refuse_unsafe(offer)
        contracts = self._communities.contracts_for(target.as_posix())
        if not contracts:
            walk.unexpected.append(offer.name)
            return
        self._refuse_of_others(offer, {contract.partner for contract in contracts})
        if self._is_known(offer.name, offer.version):
            walk.unchanged.append(offer.name)
        elif offer.is_still_written:
            walk.still_written.append(offer.name)
        elif not self._take(offer, target):
            walk.unchanged.append(offer.name)

    def _is_known(self, name: str, version: str) -> bool:
        return not self._again and self._records.has(name, version)

    def _take(self, offer: Offer, target: Path) -> bool:
        """Fetch a file and hand it on; False where what was fetched turned out to be what is known."""
        part = self._home.fetching / self._source.name / f"{offer.name}.part"
        try:
            version = offer.get(part)
            if self._is_known(offer.name, version):
                forget(part)
                return False
            size = part.stat().st_size
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
            sync_folder(target.parent)
            forget(part)
            self._records.add(offer.name, version, size)
        except OSError as error:
            raise not_written(self._source, part, error) from None
        self.files.append(target)
        return True

    def _refuse_unsafe(self, offer: Offer) -> None:
        if not is_safe(offer.name):
            shown = offer.name.encode("unicode_escape").decode()[:60]
            raise FetchError(
                f"a file has a name that cannot be kept: '{shown}'",
                where=self._source.where,
                rule="Names have no '..', no control character, no backslash and at most 200 bytes",
                next_step="Ask the partner to rename it",
            )

    def _refuse_of_others(self, offer: Offer, partners: set[str]) -> None:
        if partners - {self._source.partner}:
            others = ", ".join(sorted(partners - {self._source.partner}))
            raise FetchError(
                f"'{offer.name}' is a file that contracts of another partner ({others}) expect",
                where=self._source.where,
                rule=f"A source gives files of its own partner alone ('{self._source.partner}')",
                next_step=f"Correct 'partner' in {self._source.written_at}; where partners name files alike,"
                f" begin the patterns of their contracts as in '{self._source.name}/{offer.name}'",
            )


@contextmanager
def _alone(home: Home, source: NamedSource) -> Iterator[None]:
    home.locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home.locks / f"fetch-{source.name}.lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout:
        raise FetchError(
            "another process is fetching it", where=source.where, next_step="Wait until it is done"
        ) from None
