"""The command `phone` as a process: python -m tests.simulator.terminal.run_phone --script FILE ..."""

from settings import load_settings
from simulator.terminal.phone import phone_command
from tests.simulator.terminal.servers import local_server
from translations import language_of_locale

if __name__ == "__main__":
    settings = load_settings(None)
    phone_command(lambda: local_server(settings), language_of_locale(settings.lang)).main(prog_name="phone")
