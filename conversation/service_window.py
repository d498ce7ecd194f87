"""WhatsApp's rule of when a person may be written to freely.

https://developers.facebook.com/docs/whatsapp/pricing#customer-service-windows
"""

from datetime import datetime, timedelta

LENGTH = timedelta(hours=24)


def is_open(wrote_at: datetime | None, now: datetime) -> bool:
    """Say whether free text reaches somebody who wrote last at that time; outside, only an approved template does."""
    return wrote_at is not None and now - wrote_at <= LENGTH
