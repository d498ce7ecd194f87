"""All parts are looked at side by side: one that hangs or fails is a line, and holds up nobody."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from doctor.findings import Status
from doctor.runner import Doctor, apply, will_calls_work
from integrations.errors import IntegrationError
from tests.doctor.scripted import MendablePart, ScriptedPart, ok, wrong
from tests.waiting import LATE_S, PATIENCE_S, wait_until


def test_what_was_found_comes_in_the_order_of_the_parts():
    doctor = Doctor([ScriptedPart("b", [ok("b"), wrong("b")]), ScriptedPart("a")])

    assert [(found.part, found.status) for found in doctor.look()] == [
        ("b", Status.OK), ("b", Status.FIX), ("a", Status.OK)
    ]  # fmt: skip


@pytest.mark.parametrize("vital", [True, False])
def test_a_part_that_hangs_is_a_line_when_the_time_is_up(vital):
    hanging = ScriptedPart("hanging", hangs=True)
    began = time.monotonic()

    found = Doctor([hanging, ScriptedPart("a")], vital={"hanging"} if vital else (), within_s=0.2).look()

    assert time.monotonic() - began < LATE_S
    assert [finding.part for finding in found] == ["hanging", "a"]
    assert (found[0].status, str(found[0].sentence)) == (Status.FIX, "No result within 0.2 s.")
    assert will_calls_work(found) is not vital
    hanging.go_on.set()


def test_they_are_looked_at_side_by_side():
    first, second = ScriptedPart("a", hangs=True), ScriptedPart("b", hangs=True)
    with ThreadPoolExecutor() as pool:
        looking = pool.submit(Doctor([first, second]).look)
        assert first.began.wait(PATIENCE_S) and second.began.wait(PATIENCE_S)
        first.go_on.set()
        second.go_on.set()

        assert [finding.status for finding in looking.result(PATIENCE_S)] == [Status.OK, Status.OK]


def test_a_part_that_fails_is_a_line_with_the_error_and_without_its_text():
    failing = ScriptedPart("a", error=ValueError("the key is sk-secret"))

    [found] = Doctor([failing], vital={"a"}).look()

    assert (found.status, found.stops_calls) == (Status.FIX, True)
    assert "ValueError" in str(found.sentence) and "secret" not in str(found.sentence)


def test_a_part_that_could_not_read_the_database_says_it_once_and_logs_nothing():
    failing = ScriptedPart("a", error=OperationalError("SELECT 1", {}, Exception("secret")))

    with capture_logs() as logged:
        [found] = Doctor([failing]).look()

    assert "could not be read (OperationalError)" in str(found.sentence) and "secret" not in str(
        found.sentence
    )
    assert logged == []


def test_who_asks_while_all_are_looked_at_gets_the_same_findings():
    part, asked = ScriptedPart("a", hangs=True), []

    def clock():
        asked.append(time.monotonic())
        return asked[-1]

    doctor = Doctor([part], clock=clock)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(doctor.look)
        assert part.began.wait(PATIENCE_S)
        second = pool.submit(doctor.look)
        wait_until(lambda: len(asked) == 2)
        part.go_on.set()

        assert first.result(PATIENCE_S) is second.result(PATIENCE_S)
    assert part.looked == 1
    doctor.look()
    assert part.looked == 2


def test_some_parts_alone_can_be_looked_at():
    one, other = ScriptedPart("a"), ScriptedPart("b")

    assert [finding.part for finding in Doctor([one, other]).look({"b"})] == ["b"]
    assert (one.looked, other.looked) == (0, 1)


def test_a_fix_is_made_unless_it_replaces_what_is_not_to_be_replaced():
    ours, foreign = MendablePart("a"), MendablePart("b", foreign=True)
    doctor = Doctor([ours, foreign, ScriptedPart("c")])

    fixes = doctor.fixes_for(doctor.look())
    apply(fixes[0], replace=False)
    with pytest.raises(ValueError, match="b-webhook"):
        apply(fixes[1], replace=False)

    assert (ours.stands, foreign.stands) == ("https://ours.example/voice", "https://old.example/voice")
    assert doctor.fix_named("a-webhook") is None
    assert doctor.fix_named("b-webhook") is not None


def test_a_part_that_cannot_be_asked_keeps_no_other_from_being_mended():
    silent, other = MendablePart("a", silent=True), MendablePart("b")
    doctor = Doctor([silent, other])

    assert doctor.fix_named("b-webhook") is not None
    with pytest.raises(IntegrationError):
        doctor.fix_named("a-webhook")


def test_a_fix_that_is_refused_says_so():
    refusal = IntegrationError("no", permanent=True, status=403)
    [fix] = (doctor := Doctor([MendablePart("a", refusal=refusal)])).fixes_for(doctor.look())

    with pytest.raises(IntegrationError):
        apply(fix, replace=False)
