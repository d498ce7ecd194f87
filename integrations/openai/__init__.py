"""Client of Chat Completions and the Responses API, with images, and of transcription; imports integrations alone."""

import sys

if "aiohttp" not in sys.modules:
    # Twilio's library installs aiohttp, and openai imports it where it is: 7 MB a process, for a client that none of
    # ours uses. None in sys.modules: https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules["aiohttp"] = None  # type: ignore[assignment]
    import openai as openai

    del sys.modules["aiohttp"]
