"""Certificates for the tests' servers."""

import shutil
import subprocess
from pathlib import Path

import pytest


def make_certificate(folder: Path, names: str) -> tuple[Path, Path]:
    """Make a certificate that signs itself, and its key. names: "IP:127.0.0.1", "DNS:a.example,DNS:b.example"."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on this machine to make a certificate with")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    written = ["-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *options.split(), *written], check=True, capture_output=True)
    return certificate, key
