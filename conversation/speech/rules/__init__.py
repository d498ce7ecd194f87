"""One kind of written form each: a rule takes a text on one line and returns it with those forms as they are said.

A rule costs next to nothing for a text without its signs, takes linear time, and leaves its own output as it is.
"""
