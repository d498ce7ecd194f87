"""Documents and ports for webhooks, and whether a request was signed."""

from twilio.request_validator import RequestValidator

ASK = "<Gather input='speech' actionOnEmptyResult='true'><Say>¿Sí?</Say></Gather>"


def is_signed(asked, url, token="a secret"):
    signature = asked.headers["X-Twilio-Signature"]
    return RequestValidator(token).validate(url, asked.form, signature)
