"""Phones and WhatsApps of the simulator, made of named options in one row."""

from dataclasses import fields

from simulator.twilio import phone
from simulator.twilio.account import Account, NumberConfig
from simulator.twilio.clock import RealClock
from simulator.twilio.phone import Phone
from simulator.twilio.status_callbacks import StatusConfig
from simulator.twilio.twiml_interpreter import Behaviour
from simulator.whatsapp import client
from simulator.whatsapp.client import Profile, WhatsApp

OF_STATUS = {"status_callback": "url", "status_order": "order", "status_events": "events"}
OF_NUMBER = {"path": "webhook", "fallback_url": "fallback_url", "public_url": "public_url"}


def phone_at(url, account_sid, auth_token, *, shared_key_id=None, realtime=False, **options):
    """A phone of the server at a URL. options: of Phone, and of what it is made of."""
    status = StatusConfig(**taken(options, OF_STATUS))
    number = taken(options, OF_NUMBER | {"to_number": "number"})
    behaviour = Behaviour(**taken(options, {field.name: field.name for field in fields(Behaviour)}))
    if realtime:
        options["clock"] = RealClock()
    return Phone(
        url,
        Account(account_sid, auth_token, shared_key_id),
        number=NumberConfig(**{"webhook": phone.WEBHOOK} | number, status=status),
        behaviour=behaviour,
        **options,
    )


def whatsapp_at(url, account_sid, auth_token, *, shared_key_id=None, **options):
    """A WhatsApp that writes to the server at a URL. options: of WhatsApp, and of what it is made of."""
    profile = Profile(**taken(options, {"number": "number", "profile_name": "name", "wa_id": "id"}))
    number = taken(options, OF_NUMBER | {"to": "number"})
    return WhatsApp(
        url,
        Account(account_sid, auth_token, shared_key_id),
        profile=profile,
        number=NumberConfig(**{"webhook": client.WEBHOOK} | number),
        **options,
    )


def taken(options, names):
    """Take these out of the options, under the names that their owner has for them."""
    return {name: options.pop(option) for option, name in names.items() if option in options}
