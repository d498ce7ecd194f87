"""When a campaign's messages were begun, and when people replied, is counted between times."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from messaging.campaigns.creation import Creation
from messaging.campaigns.recipient import ListedRecipient
from storage.campaigns.campaigns import NewCampaign
from storage.models import CampaignRecipient
from storage.reports.campaign_hours import Moments, counts, last_hours, span

pytestmark = pytest.mark.both_databases
HOUR, LEAST = timedelta(hours=1), timedelta(microseconds=1)
AT = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)


@pytest.fixture
def keep(database):
    """Keep a campaign whose people were written to, and replied, at such moments; return its id."""

    def keep(begun, replied, name="Cita"):
        people = [ListedRecipient(n, f"+3460000{n:04d}", "Hola") for n in range(len(begun))]
        campaign_id = Creation(database).create(NewCampaign(name, "whatsapp", text="Hola"), people)
        with database.write() as connection:
            for line, (begun_at, replied_at) in enumerate(zip(begun, replied, strict=True)):
                which = (CampaignRecipient.campaign_id == campaign_id, CampaignRecipient.line == line)
                values = {"begun_at": begun_at, "replied_at": replied_at}
                connection.execute(CampaignRecipient.__table__.update().where(*which).values(values))
        return campaign_id

    return keep


def test_moments_are_counted_exactly_to_the_last_microsecond_before_an_edge(database, keep):
    made = keep([AT, AT - LEAST, AT + HOUR - LEAST, AT + HOUR, None], [None, AT, None, None, None])

    with database.read() as connection:
        edges = [AT - HOUR, AT, AT + HOUR, AT + 2 * HOUR]
        assert counts(connection, made, Moments.BEGUN, edges) == [1, 2, 1]
        assert counts(connection, made, Moments.REPLIED, edges) == [0, 1, 0]
        assert span(connection, made, Moments.BEGUN) == (AT - LEAST, AT + HOUR)
        assert span(connection, made, Moments.REPLIED) == (AT, AT)


def test_any_moments_are_counted_as_one_by_one_and_another_campaigns_are_not(database, keep):
    random = Random(7)
    moments = [
        None if random.random() < 0.2 else AT + timedelta(seconds=random.uniform(-9e4, 9e4))
        for _ in range(200)
    ]
    made, _other = keep(moments, moments[::-1]), keep([AT], [None], "Otra")
    known = [at for at in moments if at is not None]
    edges = [AT + n * HOUR for n in range(-30, 30)]

    with database.read() as connection:
        found = counts(connection, made, Moments.BEGUN, edges)
        hours = last_hours(connection, made, Moments.REPLIED, 7)

    assert found == [sum(begin <= at < end for at in known) for begin, end in pairwise(edges)]
    by_hour = Counter(at.replace(minute=0, second=0, microsecond=0) for at in known)
    assert hours == {hour: by_hour[hour] for hour in sorted(by_hour)[-7:]}


def test_of_a_campaign_that_has_not_begun_nothing_is_counted(database, keep):
    made = keep([None], [None])

    with database.read() as connection:
        for which in Moments:
            assert span(connection, made, which) is None
            assert last_hours(connection, made, which, 9) == {}
            assert counts(connection, made, which, [AT, AT + HOUR]) == [0]
