"""Processes that are killed while somebody's answer to a campaign leads to a seller, who is told once."""

from contextlib import ExitStack

import pytest

from conversation.phrases import catalogue_for
from messaging.campaigns.recipient import ListedRecipient
from storage.models import Campaign, CampaignRecipient, Handoff, Message, Offer
from tests.journeys.campaigns.starting import write
from tests.journeys.people.handoffs import CUSTOMER, MARTA, US
from tests.journeys.people.killed import WEB, WORKER, dying, notices, site_of, somebody, until_all_is_told
from tests.journeys.whatsapp.killed import let_pass, worker
from tests.processes import web
from tests.records import every, the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
IS_KEPT = 2
"""The step at which the web process dies: the message is kept, and nothing has come of it."""


@pytest.fixture
def site(environment, twilio, any_hour):
    return site_of(environment, twilio, ASSISTANT_PROFILE=any_hour)


@pytest.fixture
def people(site, twilio):
    """Ana, whom a campaign has written to, and Marta, who sells."""
    with ExitStack() as stack:
        yield [stack.enter_context(somebody(site, twilio, number)) for number in (CUSTOMER, MARTA)]


@pytest.fixture
def written(real_line, any_hour, database):
    """A campaign writes to Ana, whose yes leads to a seller."""
    runner = real_line(twilio_whatsapp_number=US, assistant_profile=any_hour).parts.campaigns.new_runner()
    listed = [ListedRecipient(2, CUSTOMER, "Hola Ana, ¿le interesa?", {"1": "Ana"}, {"nombre": "Ana"})]
    write(database, "Oferta", listed, hand_over=["yes"])
    wait_until(lambda: runner.round() or the_only(database, Campaign).state == "finished")
    runner.close()


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("step", [1, 4])
def test_the_worker_dies_while_it_answers_and_tells_the_seller(site, database, people, phrases, step):
    ana, marta = people
    with dying(site, IS_KEPT, *WEB):
        ana.send("Sí, claro")
    assert [one.body for one in every(database, Message) if not one.outbound] == ["Sí, claro"]

    with dying(site, step, *WORKER) as first:
        wait_until(lambda: let_pass(database, 90) or first.poll() is not None or notices(marta), every_s=0.05)
    with web(site), worker(site):
        until_all_is_told(database)

    assert [words for words in ana.texts if words == phrases.handed_off] == [phrases.handed_off]
    assert catalogue_for("es").customers.told_before not in ana.texts
    [notice] = notices(marta)
    assert "Respondió «Sí, claro» a la campaña «Oferta»" in notice
    assert len(every(database, Handoff)) == len(every(database, Offer)) == 1
    assert the_only(database, CampaignRecipient).handed_over_at is not None
