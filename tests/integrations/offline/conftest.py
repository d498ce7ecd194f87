"""Fixtures that several modules of this folder share."""

import pytest

from integrations.offline.model import OfflineModel
from tests.integrations.offline.hearing import ENGLISH, ENGLISH_FAQ, SPANISH, SPANISH_FACTS, SPANISH_FAQ


@pytest.fixture
def spanish() -> OfflineModel:
    return OfflineModel(business="Peluquería Sol", phrases=SPANISH, faq=SPANISH_FAQ, facts=SPANISH_FACTS)


@pytest.fixture
def english() -> OfflineModel:
    return OfflineModel(business="Sun Hair", phrases=ENGLISH, faq=ENGLISH_FAQ, facts=["Dana colors hair."])
