"""The server of an installation, as its own simulator is told of it."""

from simulator.local_server import LocalServer


def local_server(settings):
    return LocalServer(
        auth_token=lambda: "a secret",
        public_url=settings.webhook_url,
        assistant=settings.twilio_phone_number,
        port=settings.port,
        port_file=settings.data_dir / "port",
    )
