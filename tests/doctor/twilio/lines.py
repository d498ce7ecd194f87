"""What was found, in short."""


def lines(findings):
    """Each finding as (status, sentence and advice in English, fix); calls that are stopped are marked with !."""
    return [
        (
            f"{found.status}{'!' if found.stops_calls else ''}",
            f"{found.sentence} {found.advice or ''}",
            found.fix,
        )
        for found in findings
    ]


def has(findings, status, *words, fix=None):
    """Whether one finding has this status and fix, and all of these words."""
    return any(
        (status, fix) == (found, offered) and all(word in text for word in words)
        for found, text, offered in lines(findings)
    )
