"""The command `simulate` as a process: python -m tests.simulator.terminal.run_whatsapp --script FILE ..."""

from settings import load_settings
from simulator.terminal.whatsapp import whatsapp_simulate_command

if __name__ == "__main__":
    whatsapp_simulate_command(lambda: (load_settings(None), "a secret")).main(prog_name="simulate")
