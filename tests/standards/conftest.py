"""A partner for each test."""

from pathlib import Path

import pytest
from one_partner import OnePartner


@pytest.fixture
def partner(tmp_path: Path) -> OnePartner:
    return OnePartner(tmp_path)
