"""How Superset runs beside Milepost. Superset reads this file (SUPERSET_CONFIG_PATH), Milepost does not."""

import os
from copy import deepcopy
from pathlib import Path

from superset import config as shipped

HERE = Path(os.environ["MILEPOST_HOME"]) / "superset"

# Superset's own database holds passwords encrypted with this key: where it is lost, they are
SECRET_KEY = (HERE / "secret_key").read_text().strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HERE / 'superset.db'}"
# only `load_examples`, which nothing calls, writes there
SQLALCHEMY_EXAMPLES_URI = f"sqlite:///{HERE / 'examples.db'}"
APP_NAME = "Milepost"

# The page asks for a pixel of its makers and map tiles of others: the browser may load from here alone.
TALISMAN_CONFIG = deepcopy(shipped.TALISMAN_CONFIG)
TALISMAN_CONFIG["content_security_policy"] |= {
    "img-src": ["'self'", "blob:", "data:"],
    "connect-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "font-src": ["'self'"],
}

# A release may change between two clicks: no answer is kept.
CACHE_CONFIG = DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
# Several filters are looked up at once, each by a thread.
SQLALCHEMY_ENGINE_OPTIONS = {"connect_args": {"timeout": 30}}
FEATURE_FLAGS = {"ALERT_REPORTS": False, "ENABLE_TEMPLATE_PROCESSING": False}
SILENCE_FAB = True
# seconds that a page waits for a chart: a small machine may be slow
SUPERSET_WEBSERVER_TIMEOUT = 300
