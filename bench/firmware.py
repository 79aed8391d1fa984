"""Pairs of real firmware images: what Debian packages of consecutive releases ship for Cortex-M boards.

They are fetched by apt with a private configuration, as tools/setup/fetch-sources.sh does, into build/firmware."""
import os
import pathlib
import shutil
import subprocess
import tempfile

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
MIRROR = "http://deb.debian.org/debian"
SUITES = {"bullseye": ("ubertooth-firmware",), "bookworm": ("ubertooth-firmware", "hackrf-firmware"),
          "trixie": ("ubertooth-firmware", "hackrf-firmware")}
UBERTOOTH = "usr/share/ubertooth/firmware/bluetooth_rxtx.dfu"
HACKRF_ONE = "usr/share/hackrf/hackrf_one_usb.bin"
RAD1O = "usr/share/hackrf/hackrf_rad1o_usb.bin"
PAIRS = (("Ubertooth, the same source rebuilt", UBERTOOTH, "bullseye", "bookworm"),
         ("Ubertooth, newer compiler", UBERTOOTH, "bookworm", "trixie"),
         ("HackRF One 2022.09.1 to 2024.02.1", HACKRF_ONE, "bookworm", "trixie"),
         ("HackRF rad1o 2022.09.1 to 2024.02.1", RAD1O, "bookworm", "trixie"))


def configure(suite, folder):
    for part in ("lists/partial", "cache/archives/partial", "none", "files"):
        (folder / part).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {MIRROR} {suite} main\n")
    (folder / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{folder}/sources.list";\nDir::Etc::SourceParts "{folder}/none";\n'
        f'Dir::Etc::Preferences "{folder}/none/preferences";\nDir::Etc::PreferencesParts "{folder}/none";\n'
        f'Dir::State::Lists "{folder}/lists";\nDir::State::status "{folder}/status";\nDir::Cache "{folder}/cache";\n'
        'Acquire::Languages "none";\nAPT::Sandbox::User "root";\n')


def fetch(suite, packages, out):
    """Unpacks the packages of a suite into out."""
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        configure(suite, folder)
        environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
        subprocess.run(["apt-get", "-qq", "update"], env=environment, check=True, capture_output=True)
        subprocess.run(["apt-get", "-qq", "download", *packages], env=environment, check=True, capture_output=True,
                       cwd=folder / "files")
        for package in (folder / "files").glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, out], check=True, capture_output=True)


def pairs(root):
    """[(title, older file, newer file)]; empty without a network."""
    store = root / "build/firmware"
    store.mkdir(parents=True, exist_ok=True)
    for suite, packages in SUITES.items():
        if (store / suite).is_dir():
            continue
        try:
            fetch(suite, packages, store / f".{suite}")
        except subprocess.CalledProcessError as error:
            print(f"  real firmware is not measured: {error.stderr.decode().strip() if error.stderr else error}")
            shutil.rmtree(store / f".{suite}", ignore_errors=True)
            return []
        (store / f".{suite}").rename(store / suite)
    return [(title, store / older / path, store / newer / path) for title, path, older, newer in PAIRS]
