"""Plain HTTP to the stand-in for Chatwoot, and an ear for its webhooks."""

ANA = "wa_34600000001"


class Caller:
    """Asks the public API and, with a token, the application's."""

    def __init__(self, fake, http):
        self.fake, self.http = fake, http
        self.inbox = f"{fake.url}/public/api/v1/inboxes/{fake.identifier}"

    def contact(self, **given):
        return self.http.post(f"{self.inbox}/contacts", json=given)

    def conversation(self, source_id=ANA, **given):
        return self.http.post(f"{self.inbox}/contacts/{source_id}/conversations", json=given)

    def made(self):
        self.contact(source_id=ANA, name="Ana", phone_number="+34600000001")
        return self.conversation().json()["id"]

    def says(self, id, content, **more):
        url = f"{self.inbox}/contacts/{ANA}/conversations/{id}/messages"
        return self.http.post(url, json={"content": content, **more})

    def account(self, method, path, token, **given):
        return self.http.request(
            method,
            f"{self.fake.url}/api/v1/accounts/1{path}",
            headers={"api_access_token": token} if token else {},
            **given,
        )
