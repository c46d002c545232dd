"""Every source of a deployment, read from `communities/<community>/sources.yml` and checked as a whole."""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ingestion.configuration.community import Communities, Community
from ingestion.connectors.source import NamedSource, Source, SourcesFile
from ingestion.errors import ContractError
from ingestion.yaml_file import Location, YamlFile, near_miss, read_yaml, validate

FILE = "sources.yml"
_SECRET_WORDS = re.compile(
    r"(^|[_-])(pass(word|wd|phrase)?|pwd|secret|token|authorization|sas|(private|api|access)[_-]?key)([_-]|$)",
    re.I,
)
_SECRET_RULE = "Credentials come from the environment only, and this file is kept and shared with others"
_SECRET_STEP = (
    "Take it out, change it at the partner's since it was written down, and name a prefix of variables:"
    " `credentials: PREFIX`, with PREFIX_USER and PREFIX_PASSWORD set in the environment"
)


def load_sources(communities: Communities) -> dict[str, NamedSource]:
    """Name -> source, over all communities; a ContractError reports every problem with file and line."""
    problems: list[ContractError] = []
    found: dict[str, NamedSource] = {}
    for community in communities:
        for source in _sources_of(community, problems):
            if source.name in found:
                what = f"the source '{source.name}' is in {found[source.name].written_at} too"
                step = "Give sources distinct names"
                problems.append(ContractError(what, where=source.written_at, next_step=step))
            found[source.name] = source
    if problems:
        raise ContractError.of(problems)
    return found


def chosen(sources: dict[str, NamedSource], names: Iterable[str]) -> list[NamedSource]:
    """The sources of these names, all of them without any; ContractError with the nearest for an unknown."""
    wanted = list(dict.fromkeys(names)) or list(sources)
    for name in wanted:
        if name not in sources:
            raise ContractError(f"no source is called '{name}'", next_step=near_miss(name, sources))
    return [sources[name] for name in wanted]


def _sources_of(community: Community, problems: list[ContractError]) -> list[NamedSource]:
    path = community.folder / FILE
    if not path.exists():
        return []
    try:
        source_file = read_yaml(path)
    except ContractError as error:
        problems.append(error)
        return []
    if secrets := list(_secrets(source_file, source_file.data, ())):
        problems += secrets  # and nothing else, since another message might quote what stands there
        return []
    parsed, wrong, _ = validate(source_file, SourcesFile)
    problems += wrong
    named = []
    for name, source in (parsed.sources if parsed else {}).items():
        at = ("sources", name)
        if source.partner not in community.partners:
            step = near_miss(source.partner, community.partners)
            what = f"unknown partner '{source.partner}'"
            problems.append(source_file.problem((*at, "partner"), what, step))
        named.append(_named(source, name, source_file.line(at), source_file))
    return named


def _named(source: Source, name: str, line: int, file: YamlFile) -> NamedSource:
    fields = {field: getattr(source, field) for field in Source.model_fields}
    return NamedSource(**fields, name=name, path=file.path, line=line)


def _secrets(file: YamlFile, data: Any, at: Location) -> Iterator[ContractError]:
    """A problem for each place where a secret stands, or anything that looks like one; never its text."""
    if isinstance(data, dict):
        for key, value in data.items():
            if _SECRET_WORDS.search(str(key)):
                yield _secret(file, (*at, key), f"'{key}' stands in the file")
            else:
                yield from _secrets(file, value, (*at, key))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from _secrets(file, value, (*at, place))
    elif isinstance(data, str):
        if "PRIVATE KEY-----" in data:
            yield _secret(file, at, "a private key stands in the file")
        elif "://" in data and _has_login(data):
            yield _secret(file, at, "the address has a user, a password or a token in it")


def _has_login(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return "@" in parts.netloc or any(
        _SECRET_WORDS.search(key) or key.lower() in ("user", "uid") for key, _ in parse_qsl(parts.query)
    )


def _secret(file: YamlFile, at: Location, what: str) -> ContractError:
    return file.problem(at, what, _SECRET_STEP, _SECRET_RULE)
