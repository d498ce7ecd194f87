"""Reads templates from the provider that has them."""

from integrations.dialog360.client import Dialog360
from integrations.twilio.content import TwilioContent
from integrations.whatsapp_templates import TemplateContent
from messaging.providers.base import DIALOG360, Template


class Templates:
    """The templates of the providers there are credentials for; None: of that one there are none."""

    def __init__(self, twilio: TwilioContent | None, dialog360: Dialog360 | None) -> None:
        self._twilio, self._dialog360 = twilio, dialog360

    def has_provider_of(self, template: Template) -> bool:
        """Return whether the provider of a template is set up."""
        provider = self._dialog360 if template.provider == DIALOG360 else self._twilio
        return provider is not None

    def content(self, template: Template) -> TemplateContent | None:
        """Return a template's words and approval; None if its provider has no such template.

        Raises IntegrationError.
        """
        if template.provider == DIALOG360:
            assert self._dialog360 is not None
            return self._dialog360.template(template.name, template.language)
        assert self._twilio is not None
        return self._twilio.template(template.name)
