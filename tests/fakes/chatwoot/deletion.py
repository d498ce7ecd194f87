"""The application's route that deletes a contact and its conversations: administrators may, agents and bots not."""

import re
from typing import Any

from tests.fakes.chatwoot.backend import Backend
from tests.fakes.chatwoot.records import Contact, User
from tests.fakes.chatwoot.refusals import Refusal
from tests.fakes.chatwoot.routes import ApplicationApi, Reply, Request

_CONTACT = re.compile(r"/api/v1/accounts/(?P<account_id>\d+)/contacts/(?P<id>\d+)")


class ApplicationApiWithContacts(ApplicationApi):
    def __init__(self, backend: Backend, tokens: dict[str, Any]) -> None:
        super().__init__(backend, tokens)
        self._contacts_of = backend

    def answer(self, request: Request) -> Reply | None:
        found = _CONTACT.fullmatch(request.path)
        if found is None or request.method != "DELETE":
            return super().answer(request)
        owner = self._owner(request, "delete", int(found["account_id"]))
        if not isinstance(owner, User) or owner.role != "administrator":
            raise Refusal(401, {"error": "You are not authorized to do this action"})
        for contact in self._contacts_of.contacts.all:
            if contact.id == int(found["id"]):
                self._delete(contact)
                return Reply(200)
        raise Refusal(404, {"error": "Resource could not be found"})

    def _delete(self, contact: Contact) -> None:
        backend = self._contacts_of
        backend.contacts.all.remove(contact)
        backend.contacts.links[:] = [link for link in backend.contacts.links if link.contact is not contact]
        backend.conversations[:] = [each for each in backend.conversations if each.contact is not contact]
