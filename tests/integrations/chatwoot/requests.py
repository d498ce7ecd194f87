"""A Chatwoot with a conversation, and requests that it refuses."""

import pytest

from integrations.chatwoot.client import Chatwoot
from integrations.errors import (
    IntegrationError,
)

ANA, PHONE = "wa_34600000001", "+34600000001"


def connect(fake, *, url=None, token="bot", identifier=None, account_id=1, **options):
    tokens = {"bot": fake.bot_token, "user": fake.user_token, None: None}
    return Chatwoot(
        url or fake.url,
        inbox_identifier=identifier or fake.identifier,
        account_id=account_id,
        api_token=tokens.get(token, token),
        **{"total_s": 5, **options},
    )


def conversation_of(client, source_id=ANA):
    client.make_contact(source_id, "Ana", PHONE)
    return client.make_conversation(source_id).id


def refused(ask, *arguments, **given):
    with pytest.raises(IntegrationError) as caught:
        ask(*arguments, **given)
    return caught.value
