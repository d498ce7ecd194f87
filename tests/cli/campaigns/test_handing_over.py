"""`campaign create --hand-over`: which answers lead to a seller."""

from storage.models import Campaign
from tests.cli.campaigns.conftest import LIST
from tests.records import every, the_only


def test_the_answers_are_kept_as_they_were_given_and_said_again(create, line):
    said = create(LIST, "--hand-over", "sí", "--hand-over", " Quiero  que me llamen ")

    assert the_only(line.parts.database, Campaign).hand_over == ["sí", "Quiero que me llamen"]
    assert "Who answers “sí”, “Quiero que me llamen” is handed over to a seller." in said


def test_what_no_answer_can_be_is_refused(create, line):
    assert "An answer has at most 80 characters." in create(LIST, "--hand-over", "x" * 81, code=2)
    assert "The text is empty." in create(LIST, "--hand-over", " ", code=2)
    what = ["--channel", "voice", "--goal", "Vender", "--hand-over", "yes"]
    assert "--hand-over are for WhatsApp: leave them out." in create(LIST, what=what, code=2)

    assert every(line.parts.database, Campaign) == []
