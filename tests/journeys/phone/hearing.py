"""What a caller hears, verb by verb."""

SLOW = "Primera frase de todas. Segunda frase algo después. Tercera y última frase."


def without_fillers(phrases, heard):
    """What was said, less the fillers before it."""
    for filler in phrases.fillers:
        heard = heard.replace(filler, "").strip()
    return heard
