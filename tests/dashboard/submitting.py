"""Conversations that operators act upon, and how they act."""

from storage.reports import transcripts


def do(operator, conversation_id, action, **form):
    """Press a button of a conversation's page; return the page that follows."""
    response = operator.post(f"/dashboard/conversations/{conversation_id}/{action}", **form)
    assert response.status_code == 303, response.text[:300]
    return operator.read(response.headers["Location"])


def talk(operator, conversation_id):
    with operator.parts.database.read() as connection:
        return transcripts.conversation(connection, conversation_id)
