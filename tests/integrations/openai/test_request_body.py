"""Requests with pictures: what is sent, and how much of it is held."""

import base64
import json
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from integrations.http.memory_budget import HeldFile
from integrations.openai.request_body import PictureBody, written
from integrations.pictures import Picture

MB = 1024 * 1024


def picture(content, media_type="image/png"):
    return Picture(HeldFile(content), media_type)


def asked(*pictures, words="¿Qué es esto?"):
    parts = [{"type": "text", "text": words}]
    parts += [{"type": "image_url", "image_url": {"url": each}} for each in pictures]
    return {"model": "m", "messages": [{"role": "user", "content": parts}], "stream": True}


def test_without_pictures_a_request_is_its_json():
    body = {"messages": [{"role": "user", "content": "¿Añadís  sal?"}]}

    assert written(body) == '{"messages":[{"role":"user","content":"¿Añadís  sal?"}]}'.encode()


@given(st.lists(st.binary(max_size=300_000), min_size=1, max_size=3), st.text(st.characters(codec="utf-8")))
def test_pictures_stand_in_it_as_data_urls_of_the_length_that_is_announced(contents, words):
    body = written(asked(*map(picture, contents), words=words))

    sent = b"".join(body)

    links = [f"data:image/png;base64,{base64.b64encode(content).decode()}" for content in contents]
    assert json.loads(sent) == asked(*links, words=words)
    assert len(sent) == body.length
    assert b"".join(body) == sent  # once more, for the next try


def test_a_request_with_five_large_photos_is_never_held_whole():
    photos = [picture(bytes(5 * MB)) for _ in range(5)]
    tracemalloc.start()
    try:
        body = written(asked(*photos))
        sent = sum(map(len, body))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert isinstance(body, PictureBody) and sent > 33 * MB
    assert peak < MB
