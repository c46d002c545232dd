"""The errors a user meets: where, what, by which rule, and what to do next; never a child's value."""

from collections.abc import Iterable
from typing import Self

from ingestion.wording import visible


class MilepostError(Exception):
    """One clear error; `str()` gives place, what happened, rule and next step, in that order.

    `where` is a file with a line (`extract.yml:12`), or a file with a row number; `problems` holds the single
    errors when one report tells of several.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        rule: str = "",
        next_step: str = "",
        problems: Iterable["MilepostError"] = (),
    ) -> None:
        self.what = what
        self.where = where
        self.rule = rule
        self.next_step = next_step
        self.problems: tuple[MilepostError, ...] = tuple(problems)
        super().__init__(what)

    def __str__(self) -> str:
        if self.problems:
            lines = "\n".join(f"  {problem}" for problem in self.problems)
            return visible(f"{self.what}\n{lines}")
        sentences = [_sentence(part) for part in (self.what, self.rule, self.next_step) if part]
        # a file's name may hold a line break
        where = self.where.replace("\n", "\\n")
        return visible(f"{where}: {' '.join(sentences)}" if where else " ".join(sentences))

    def __reduce__(self) -> tuple[object, ...]:
        # keyword-only arguments do not survive the default way of pickling an exception
        return _rebuilt, (type(self), self.what, self.where, self.rule, self.next_step, self.problems)

    @classmethod
    def of(cls, problems: Iterable["MilepostError"]) -> Self:
        """One error that reports all `problems` (at least one); a single one stays as it is."""
        found = list(problems)
        if len(found) == 1 and isinstance(found[0], cls):
            return found[0]
        return cls(f"{len(found)} problems found", problems=found)

    def singles(self) -> "tuple[MilepostError, ...]":
        """The single errors this one reports."""
        return self.problems or (self,)


class ContractError(MilepostError):
    """The configuration of a community is wrong: a contract, a crosswalk, an agreement."""


class ReadError(MilepostError):
    """A file could not be read in the way its contract says."""


class DeliveryError(MilepostError):
    """A delivery was not taken in, promoted or withdrawn; what was in force before still is."""


class FetchError(DeliveryError):
    """A source gave nothing, or not all; what was fetched of it before is kept."""


class Unavailable(FetchError):
    """A trouble of the source as a whole: asking for the next of its files would end the same."""


class Interrupted(Unavailable):
    """The connection was cut: the same may go well when it is tried again."""


class ExportError(MilepostError):
    """A release did not get to where others read it; what they read before still stands."""


class UnexpectedFile(DeliveryError):
    """A file whose name no contract knows: perhaps no delivery at all, but a note that lies in the inbox."""


def _rebuilt(
    cls: type[MilepostError],
    what: str,
    where: str,
    rule: str,
    next_step: str,
    problems: tuple[MilepostError, ...],
) -> MilepostError:
    return cls(what, where=where, rule=rule, next_step=next_step, problems=problems)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
