"""The bench runs from end to end; what it says of a tiny run means nothing."""

import subprocess
import sys

import pytest

from bench.load import percentile
from bench.model_server import ANSWER_TOKENS, CERTAIN_AFTER, TOKENS
from conversation.sentences import SentenceCutter
from settings import ROOT

TINY = ("--quick", "--turns", "2", "--calls", "2", "--every", "6", "--seconds", "6")


def test_the_models_answer_has_eighty_tokens_and_its_first_sentence_is_certain_where_the_bench_thinks():
    cutter = SentenceCutter()
    cut_at = [index for index, token in enumerate(TOKENS) if cutter.feed(token)]

    assert (ANSWER_TOKENS, len(cut_at) + 1) == (80, 5)
    assert cut_at[0] == CERTAIN_AFTER


def test_a_percentile_is_a_value_that_was_measured():
    values = [float(value) for value in range(1, 101)]

    assert [percentile(values, part) for part in (0.5, 0.99, 1.0)] == [50.0, 99.0, 100.0]


@pytest.mark.timeout(180)
def test_a_tiny_run_measures_and_loses_no_word():
    ran = subprocess.run(
        [sys.executable, "-m", "bench", *TINY, "--only", "first-word", "--only", "crowd", "--markdown"],
        cwd=ROOT, capture_output=True, text=True, timeout=170,
    )  # fmt: skip

    rows = {cells[1].strip(): cells for line in ran.stdout.splitlines() if len(cells := line.split("|")) > 5}
    assert ran.returncode in (0, 1), ran.stderr  # 1: a figure is missed, which a tiny run may
    assert "nan" not in ran.stdout
    assert rows["errors, one call"][2].strip() == "0 in 2 turns, 0 fillers"
    assert rows["errors, 2 calls"][2].strip().startswith("0 in 2 turns")
