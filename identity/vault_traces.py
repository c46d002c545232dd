"""Whether a home without a vault never had one, or lost it."""

from __future__ import annotations

from ingestion.encrypted_file import logs_of
from ingestion.home import Home
from ingestion.vault_key import VaultError


def is_lost(home: Home) -> bool:
    """Whether there is no vault, and what only a vault leaves is there: a few looks at the disk.

    `vault.id` alone is no trace: a first run that is killed before it makes the vault leaves it too.
    """
    if home.vault.exists():
        return False
    traces = (home.vault_made, home.person_links, home.current_release)
    return any(path.exists() or path.is_symlink() for path in traces) or bool(logs_of(home.vault))


def no_vault(home: Home) -> VaultError:
    """What to say where there is no vault."""
    if not is_lost(home):
        return VaultError(
            "There is no vault yet", where=str(home.vault), next_step="Run `milepost refresh`, which makes it"
        )
    return VaultError(
        "The vault is gone, and this home had one",
        where=str(home.vault),
        rule="it alone holds what reviewers decided and the ids of persons that were joined or split",
        next_step="Restore vault.duckdb from a backup; if it is truly gone, `milepost refresh --new-vault` "
        "begins anew, without the decisions and with other ids for some persons",
    )
