"""The command `phone` as a process: python -m tests.simulator.terminal.run_phone --script FILE ..."""

from settings import load_settings
from simulator.terminal.phone import phone_command

if __name__ == "__main__":
    phone_command(lambda: (load_settings(None), "a secret")).main(prog_name="phone")
