"""Performs an operator's action and ends: `python -m tests.dashboard.actions.one_action FORM ACTION CONVERSATION`."""

import sys

from app import create_app
from dashboard.pages.conversations import ACTIONS
from settings import load_settings


def main(form, action, conversation_id):
    container = create_app(load_settings()).extensions["container"]
    ACTIONS[action](container.dashboard.operators.once(form), int(conversation_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
