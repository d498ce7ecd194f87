"""The tables of the models, for statements."""

from typing import cast

from sqlalchemy import Table

from storage.models import (
    Call,
    Campaign,
    CampaignDraft,
    CampaignRecipient,
    Contact,
    Conversation,
    Handoff,
    HelpdeskFact,
    Identity,
    Merge,
    Message,
    Mirror,
    MirrorItem,
    ModelFailure,
    Offer,
    Pace,
    Process,
    Prompt,
    Served,
    ToolRun,
    Turn,
    WebhookEvent,
)

CONTACTS = cast(Table, Contact.__table__)
IDENTITIES = cast(Table, Identity.__table__)
MERGES = cast(Table, Merge.__table__)
CONVERSATIONS = cast(Table, Conversation.__table__)
CALLS = cast(Table, Call.__table__)
TURNS = cast(Table, Turn.__table__)
SERVED = cast(Table, Served.__table__)
PROMPTS = cast(Table, Prompt.__table__)
TOOL_RUNS = cast(Table, ToolRun.__table__)
HANDOFFS = cast(Table, Handoff.__table__)
OFFERS = cast(Table, Offer.__table__)
MIRRORS = cast(Table, Mirror.__table__)
MIRROR_ITEMS = cast(Table, MirrorItem.__table__)
WEBHOOK_EVENTS = cast(Table, WebhookEvent.__table__)
HELPDESK_FACTS = cast(Table, HelpdeskFact.__table__)
MESSAGES = cast(Table, Message.__table__)
CAMPAIGNS = cast(Table, Campaign.__table__)
CAMPAIGN_DRAFTS = cast(Table, CampaignDraft.__table__)
CAMPAIGN_RECIPIENTS = cast(Table, CampaignRecipient.__table__)
PACES = cast(Table, Pace.__table__)
MODEL_FAILURES = cast(Table, ModelFailure.__table__)
PROCESSES = cast(Table, Process.__table__)
