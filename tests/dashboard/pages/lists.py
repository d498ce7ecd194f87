"""Reading the list of conversations as an operator does."""

import re
from html import unescape


def rows(page):
    """The text of each row of a list of conversations, by the conversation's id."""
    found = re.findall(r'id="conversation-(\d+)".*?>(.*?)</a>', page, re.DOTALL)
    return {int(id_): " ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for id_, row in found}


def last_words(page, conversation_id):
    """The last words in a row, and whose they are."""
    row = re.search(
        rf'id="conversation-{conversation_id}".*?class="last">(.*?)</span>\s*</a>', page, re.DOTALL
    )
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", row[1])).split())


def badges(page, conversation_id):
    """The badges of a row, in order."""
    row = re.search(rf'id="conversation-{conversation_id}".*?</a>', page, re.DOTALL)
    return re.findall(r'class="badge[^"]*">([^<]+)<', row[0])


def title(page):
    """The title that a page, or a part of one, gives the window."""
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return unescape(found[1]).strip() if found else None
