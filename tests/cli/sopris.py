"""One workspace and the program that works on it."""
import json
import os
import pathlib
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
