"""One workspace and the program that works on it."""
import json
import os
import pathlib
import re
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/host/cli/sopris"
DEVICE = ROOT / "build/device/device"


class Sopris:
    """Runs commands in a workspace of the test's own."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.home = folder / "work"

    def path(self, name: str) -> pathlib.Path:
        return self.home / name

    def command(self, *arguments) -> list[str]:
        return [str(PROGRAM), "-C", str(self.home), *map(str, arguments)]

    def run(self, *arguments, operator: str | None = None, door: str | None = None) -> subprocess.CompletedProcess:
        environment = {**os.environ, **({"SOPRIS_OPERATOR": operator} if operator else {}),
                       **({"SOPRIS_DOOR": door} if door else {})}
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=60, check=False,
                              cwd=self.folder, env=environment)

    def ok(self, *arguments, **how) -> str:
        result = self.run(*arguments, **how)
        assert result.returncode == 0, f"{arguments}: {result.stdout}{result.stderr}"
        return result.stdout

    def json(self, *arguments, **how):
        return json.loads(self.ok("-o", "json", *arguments, **how))

    def refused(self, *arguments, status: int = 1, says: str = "", **how) -> str:
        """Must fail with this status and one sentence that contains the text."""
        result = self.run(*arguments, **how)
        assert result.returncode == status, f"{arguments}: {result.returncode} {result.stdout}{result.stderr}"
        assert result.stderr.startswith("sopris: ") and says in result.stderr, result.stderr
        return result.stderr

    def image(self, name: str, component: str, binary: pathlib.Path, *signer, sequence: int = 1) -> pathlib.Path:
        """Builds and signs an image; returns the signed file."""
        record, image = self.folder / f"{name}.suit", self.folder / f"{name}.img"
        self.ok("image", "build", "--component", component, "--image", binary, "--sequence", sequence, "--version",
                f"0.{sequence}", "--maker", "acme", "--out", record)
        self.ok("image", "sign", record, *signer, "--out", image)
        return image

    def voucher(self, batch: str = "b1", generation: int = 1, owner: pathlib.Path | None = None) -> pathlib.Path:
        """A voucher of acme for this workspace's owner, or for another."""
        out = self.folder / f"{batch}-{generation}.voucher"
        self.ok("maker", "voucher", "acme", "--owner", owner or self.path("owner/root.crt"), "--batch", batch, "--host",
                "10.0.2.100", "--generation", generation, "--out", out)
        return out


class Service:
    """'sopris up' in the background."""

    def __init__(self, sopris, *options):
        if not sopris.path("service").exists():
            sopris.ok("up", "--init", "--edge-port", "0", "--door-port", "0", *options)
        self.process = subprocess.Popen(sopris.command("up"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("ready "):
                return
        raise AssertionError("".join(self.lines))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=15)


class Running:
    """A 'board run' whose events are read as they come."""

    def __init__(self, sopris, *options):
        self.process = subprocess.Popen(sopris.command("-o", "json", "board", "run", "kitchen", *options),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def until(self, pattern, count=400):
        for _ in range(count):
            line = self.process.stdout.readline()
            if not line:
                break
            event = json.loads(line)
            if re.search(pattern, event["text"]):
                return event
        self.stop()
        raise AssertionError(f"no line matched {pattern!r}; {self.process.stderr.read()}")

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(10)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)
