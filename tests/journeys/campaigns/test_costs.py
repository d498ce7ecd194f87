"""What a campaign's calls have cost, as the worker's job notes it, and as those who run it read it."""

import csv
import io

import pytest

from jobs.job import run_pending
from messaging.campaigns.costs import billing
from tests.fakes.openai.replies import text
from tests.fakes.twilio.call import Step
from tests.journeys.campaigns.calls import recipients

pytestmark = pytest.mark.both_databases


def report(line, *arguments):
    result = line.app.test_cli_runner().invoke(args=["campaign", "report", "Cita", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_an_answered_calls_price_and_its_tokens_are_told(call_ana, callees, calling, openai):
    calling.calls.script(
        Step("ringing"), Step("in-progress"), Step("completed", duration="30"), Step("completed", price="-0.02600")
    )  # fmt: skip
    openai.enqueue(text("Muy bien, Ana, queda confirmada."))
    line, call = call_ana()
    callees.advance(call)
    callees.told(call, "human")
    callees.says(call, "Sí, allí estaré.")
    callees.advance(call)

    before = report(line)
    callees.advance(call)
    with line.parts.database.write() as connection:
        line.parts.work.enqueue(connection, billing.JOB, {}, key="twilio", partition=billing.JOB)
    run_pending(line.parts.work, line.parts.jobs.by_name)
    after, [row] = report(line), csv.DictReader(io.StringIO(report(line, "--csv", "-")))

    assert "The price of 0 of 1 answered call is known." in before
    assert "Billed so far: 0.026 USD. The price of 1 of 1 answered call is known." in after
    assert "The model's tokens in what followed: 100 read" in after
    assert (row["price"], row["currency"]) == ("0.026", "USD")
    assert len(recipients(line)) == 1


def test_a_call_that_nobody_answers_waits_for_no_price(call_ana, callees, calling):
    calling.calls.script(Step("ringing"), Step("busy"))
    line, call = call_ana()

    callees.advance(call)

    assert "The price" not in report(line)
