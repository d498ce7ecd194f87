"""Builds the parts of Twilio that the doctor looks at."""

from container.providers import Providers
from doctor.parts import Part
from doctor.twilio.account import TwilioAccountPart
from doctor.twilio.number import TwilioNumberPart
from doctor.twilio.region import TwilioRegionPart
from doctor.twilio.webhooks import NumberWebhooks, posted_to
from doctor.twilio.whatsapp import TwilioWhatsAppPart
from ivr.twiml import OVERRIDES
from settings import Settings

_WHATSAPP = "/webhook/whatsapp/#ct=2000&rt=14000&rc=2&rp=ct,rt,5xx"
"""A message is answered within 12 s, a call's request within 5."""


def twilio_parts(settings: Settings, providers: Providers) -> list[Part]:
    """Return the account, the number, its region, and WhatsApp."""
    setups, number = providers.twilio_setups, settings.twilio_phone_number
    setup = setups[0] if setups else None
    # A stand-in for Twilio may reach an address of this machine alone
    is_reached = settings.is_public or settings.twilio_api_url is not None
    base = settings.webhook_url if is_reached else None
    rung = {"HUMAN_PHONE_NUMBER": settings.person_number, "TO_PHONE_NUMBER": settings.to_phone_number}
    return [
        TwilioAccountPart(
            setups, {name: rings for name, rings in rung.items() if rings}, settings.twilio_region
        ),
        TwilioNumberPart(setup, number, NumberWebhooks.at(base, OVERRIDES) if base else None),
        TwilioRegionPart(setup, number, settings.twilio_region),
        TwilioWhatsAppPart(
            setup,
            settings.twilio_whatsapp_number,
            settings.twilio_template_sid,
            posted_to(f"{base}{_WHATSAPP}") if base else None,
        ),
    ]
