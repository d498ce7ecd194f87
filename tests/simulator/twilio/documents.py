"""Documents that a toy server answers with, and what it was asked."""

SPEECH = (
    "<Gather input='speech' action='/gather' bargeIn='{barge_in}' actionOnEmptyResult='true'>"
    "<Say>Abrimos de nueve a dos, y por la tarde de cuatro a ocho.</Say></Gather>"
)
