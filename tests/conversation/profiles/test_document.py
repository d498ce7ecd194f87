"""docs/assistant.md tells of every key and of every default voice."""

import re
from dataclasses import fields

from conversation.phrases import Phrases
from conversation.profiles.schema import CampaignsTable, FaqTable, PhrasesTable, ProfileFile
from conversation.speech.voices import DEFAULT_VOICES
from settings import ROOT


def test_every_key_is_documented_and_no_other():
    text = (ROOT / "docs" / "assistant.md").read_text(encoding="utf-8")

    def documented(heading: str) -> list[str]:
        section = re.split(r"^##+ ", text.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
        return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)

    assert documented("Keys") == list(ProfileFile.model_fields)
    assert documented("Campaigns") == list(CampaignsTable.model_fields)
    assert documented("Frequent questions") == list(FaqTable.model_fields)
    assert (
        sorted(documented("Phrases"))
        == sorted(PhrasesTable.model_fields)
        == sorted(f.name for f in fields(Phrases))
    )


def test_every_default_voice_is_documented():
    text = (ROOT / "docs" / "assistant.md").read_text(encoding="utf-8")

    for language, voice in DEFAULT_VOICES.items():
        assert f"| `{language}` | `{voice}` |" in text
