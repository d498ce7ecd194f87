"""The phone in the terminal as a process, with a script or a keyboard."""

from tests.simulator.toy_server import response

ASK = (
    "<Gather input='dtmf speech' action='/gather' actionOnEmptyResult='true' bargeIn='true' numDigits='1'>"
    "<Say voice='{voice}'>{text}</Say></Gather>"
)
BYE = response("<Say>Adiós.</Say>", "<Hangup/>")


def ask(text, voice="alice"):
    return response(ASK.format(text=text, voice=voice))
