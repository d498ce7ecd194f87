"""Threads that go round and round: what they run over may fail, and they go on."""

import ast

import pytest

from tests import product

HOME = "common/loops.py"
THREADS = {"Thread", "Timer"}
ENDS_BY_ITSELF = {
    "conversation/models/giving_way.py: self._watch": "ends with the one task that it watches",
    "dashboard/simulator/phone_session.py: self._run": "one call, whose end it tells whatever is raised",
    "messaging/inbox.py: follow_up": "waits for an answer until a deadline; the job does what it has not done",
    "launch/__main__.py: self._announce": "waits for the web server's first answer, for two minutes at most",
    "simulator/whatsapp/http_server.py: self._server.serve_forever": "socketserver goes on after an error",
    "dashboard/simulator/whatsapp_session.py: self._whatsapp.close": "closes, once",
}
"""Threads whose function goes round, or is another module's, and why that is no loop of ours."""


def functions_of(tree):
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def started(tree):
    """The targets of a module's threads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in THREADS:
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "target")
            yield from node.args[1:2]


def goes_round(target, functions, seen=()):
    """Whether a thread's function, or one of its module's that it calls, has a `while`; None: it is elsewhere."""
    name = ast.unparse(target).removeprefix("self.")
    if isinstance(target, ast.Lambda):
        function = target
    elif name in functions:
        function = functions[name]
    else:
        return None
    if any(isinstance(node, ast.While) for node in ast.walk(function)):
        return True
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(
        goes_round(call, functions, (*seen, name))
        for call in calls
        if (called := ast.unparse(call).removeprefix("self.")) in functions and called not in (*seen, name)
    )


def loops_of_their_own(file, tree):
    functions = functions_of(tree)
    for target in started(tree):
        if goes_round(target, functions) is not False:
            yield f"{file}: {ast.unparse(target)}"


def test_a_thread_that_goes_round_is_a_loop_that_goes_on_after_errors():
    found = {
        each for file in product.files() if str(file) != HOME
        for each in loops_of_their_own(file, product.tree_of(file))
    }  # fmt: skip

    assert found - set(ENDS_BY_ITSELF) == set(), f"use Loop of {HOME}: one that dies is missed by nobody"
    assert set(ENDS_BY_ITSELF) - found == set(), "no longer there"


@pytest.mark.parametrize(
    ("target", "is_found"), [("self._go_on", True), ("self._begin", True), ("self._once", False)]
)
def test_a_loop_is_found_however_deep_it_is(target, is_found):
    source = f"""
class Keeper:
    def start(self):
        threading.Thread(target={target}, daemon=True).start()
    def _begin(self):
        self._go_on()
    def _go_on(self):
        while True:
            self._once()
    def _once(self):
        for each in range(3):
            print(each)
"""
    assert bool(list(loops_of_their_own("keeper.py", ast.parse(source)))) == is_found
