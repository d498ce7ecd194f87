"""Builds the services that show, export, erase and forget people."""

from datetime import timedelta

from container.core import Core
from container.providers import Providers
from container.service import service
from people.privacy.elsewhere import ErasedElsewhere
from people.privacy.erasures import Erasures
from people.privacy.retention import Retention
from storage.privacy.record_file import RecordFile
from storage.privacy.tasks import Place

RECORD = "erasures"
"""The file in DATA_DIR that knows who was erased, whatever backup of the database is put back."""


class PrivacyServices:
    """The services for people's data."""

    def __init__(self, core: Core, providers: Providers) -> None:
        self._core, self._providers, self.lock = core, providers, core.lock

    @service
    def erasures(self) -> Erasures:
        """Erases people."""
        return Erasures(
            self._core.database,
            self._core.work,
            self._core.digests,
            RecordFile(self._core.settings.data_dir / RECORD),
            places=self.places,
        )

    @property
    def places(self) -> frozenset[Place]:
        """The places besides the database where people are erased, as far as they are set up."""
        settings = self._core.settings
        is_set = (
            (Place.CHATWOOT, settings.chatwoot_enabled),
            (Place.DIALOG360, settings.d360_api_key is not None),
            (Place.CRM, settings.crm_webhook_url is not None),
        )
        return frozenset(place for place, is_on in is_set if is_on)

    @service
    def elsewhere(self) -> ErasedElsewhere:
        """Deletes people at providers."""
        return ErasedElsewhere(self._core.database, self._providers.chatwoot, self._providers.dialog360)

    @service
    def retention(self) -> Retention:
        """Deletes what is old."""
        days = self._core.settings.keep_days
        return Retention(self._core.database, self.erasures, None if days is None else timedelta(days=days))
