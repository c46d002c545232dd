"""Run by Superset's own Python: its database, its admin, a role for readers, and Milepost's bundles.

Everything may be run again: what is there is written over, by its uuid, and nothing is doubled.

    python provision_superset.py MADE BUNDLE...

MADE is the file that remembers which version of Superset the database was made for. SUPERSET_ADMIN_PASSWORD
is the password of the admin where there is none yet, or a new one. Prints one line of JSON.
"""

import contextlib
import json
import logging
import os
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

ADMIN = "admin"
READERS = "Milepost readers"


def main(made: Path, bundles: list[Path]) -> dict[str, Any]:
    """What was done: `is_new_admin`, and the connections that were written."""
    from superset.app import create_app

    app = create_app()
    logging.disable(logging.WARNING)
    with app.app_context():
        superset_version = version("apache-superset")
        if not made.exists() or made.read_text() != superset_version:
            _make_database()
            made.write_text(superset_version)
        is_new_admin = _admin(os.environ.get("SUPERSET_ADMIN_PASSWORD", ""))
        names = [_imported(bundle) for bundle in bundles]
        _let_readers_see(names)
    return {"is_new_admin": is_new_admin, "connections": names}


def _make_database() -> None:
    from flask_migrate import upgrade
    from superset import appbuilder, security_manager

    upgrade()
    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()


def _admin(password: str) -> bool:
    from superset import security_manager

    found = security_manager.find_user(ADMIN)
    if found is None:
        role = security_manager.find_role("Admin")
        security_manager.add_user(ADMIN, "Milepost", "admin", "admin@localhost", role, password=password)
        return True
    if password:
        security_manager.reset_password(found.id, password)
    return False


def _imported(bundle: Path) -> str:
    """Import one bundle; the name of its connection."""
    import yaml
    from superset import security_manager
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.commands.importers.v1.utils import get_contents_from_bundle
    from superset.utils.core import override_user

    with zipfile.ZipFile(bundle) as archive:
        contents = get_contents_from_bundle(archive)
    with override_user(security_manager.find_user(ADMIN)):
        ImportAssetsCommand(contents).run()
    databases = [yaml.safe_load(text) for name, text in contents.items() if name.startswith("databases/")]
    return str(databases[0]["database_name"])


def _let_readers_see(names: list[str]) -> None:
    """The role for people who look: what Superset's Gamma may do, on these connections and no others."""
    from superset import db, security_manager
    from superset.models.core import Database

    role = security_manager.add_role(READERS) or security_manager.find_role(READERS)
    wanted = list(security_manager.find_role("Gamma").permissions)
    databases = db.session.query(Database).filter(Database.database_name.in_(names)).all()
    wanted += [security_manager.add_permission_view_menu("database_access", one.perm) for one in databases]
    role.permissions = wanted
    db.session.commit()


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        done = main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
    print(json.dumps(done))
