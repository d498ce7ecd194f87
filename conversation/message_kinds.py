"""Kinds of written messages that are more than words to or from a customer."""

EDIT, DELETED = "edit", "deleted"
NOTICE, TEMPLATE = "notice", "template"
"""A message to one of ours, as free text; and once it goes out as the template, its words in one line."""
CAMPAIGN = "campaign"
"""A message of a campaign, which sends it and looks after it."""
DESCRIBED = frozenset({"location", "contacts", "reaction", "form", "order", "advertisement"})
"""Kinds whose body the program wrote from what the message holds, marks and all."""
