"""Fetching sources into the inbox, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ingestion.errors import ContractError, FetchError
from ingestion.home import Home
from orchestration.settings import load_configuration

if TYPE_CHECKING:
    from ingestion.connectors.fetch import Fetched


def fetch_sources(home: Home, names: Iterable[str], again: bool = False) -> list[Fetched]:
    """Fetch the sources of these names, all of them without any, one after the other.

    A trouble of one source is among its problems and stops no other. A ContractError is raised for an
    unknown name and for a faulty sources.yml, before anything is fetched.
    """
    from ingestion.connectors.fetch import Fetched, fetch
    from ingestion.connectors.sources_file import chosen, load_sources

    communities = load_configuration()
    done = []
    for source in chosen(load_sources(communities), names):
        try:
            done.append(fetch(home, communities, source, again=again))
        except (ContractError, FetchError) as error:
            done.append(Fetched(source.name, (), (), (), (), (error,)))
    return done


def source_names() -> list[str]:
    """The sources that are configured; none where sources.yml is faulty, which `milepost fetch` tells."""
    from ingestion.connectors.sources_file import load_sources

    try:
        return sorted(load_sources(load_configuration()))
    except ContractError:
        return []
