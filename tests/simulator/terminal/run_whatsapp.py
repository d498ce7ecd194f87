"""The command `simulate` as a process: python -m tests.simulator.terminal.run_whatsapp --script FILE ..."""

from settings import load_settings
from simulator.terminal.whatsapp import whatsapp_simulate_command
from tests.simulator.terminal.servers import local_server
from translations import language_of_locale

if __name__ == "__main__":
    settings = load_settings(None)
    whatsapp_simulate_command(lambda: local_server(settings), language_of_locale(settings.lang)).main(
        prog_name="simulate"
    )
