"""setup.sh against a machine made of fakes: what it installs, and what it says when it cannot."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
REAL_TOOLS = ("sh", "awk", "cat", "dirname", "env", "grep", "paste", "tr", "wc")
PACKAGES = "# comment\n[base]\nmeson\nnew-name | old-name\n[bench]\nnginx\n"
FAKES = {
    "dpkg-query": 'for last; do :; done; grep -qx "$last" "$MACHINE/installed" && echo installed\n',
    "apt-get": 'echo "apt-get $*" >>"$MACHINE/calls"\n',
    "apt-cache": 'for last; do :; done; grep -qx "$last" "$MACHINE/available" && echo "  Candidate: 1.0"\n',
    "systemctl": 'exit 0\n',
    "id": 'cat "$MACHINE/user"\n',
}


class SetupTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.machine = pathlib.Path(folder.name)
        (self.machine / "bin").mkdir()
        for tool in REAL_TOOLS:
            (self.machine / "bin" / tool).symlink_to(shutil.which(tool))
        for name, body in FAKES.items():
            self.fake(name, body)
        shutil.copy(HERE / "setup.sh", self.machine / "setup.sh")
        self.program("fetch-sources.sh", 'echo "sources" >>"$MACHINE/calls"\n')
        self.write(packages=PACKAGES, installed="", available="meson\nold-name\nnginx\n", user="0\n", calls="")

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.machine / ("packages.txt" if name == "packages" else name)).write_text(text)

    def program(self, name: str, body: str) -> None:
        path = self.machine / name
        path.write_text("#!/bin/sh\n" + body)
        path.chmod(0o755)

    def fake(self, name: str, body: str) -> None:
        self.program(f"bin/{name}", body)

    def run_setup(self, *groups: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.machine / "setup.sh", *groups], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL,
                              env={"PATH": f"{self.machine}/bin", "MACHINE": str(self.machine)})

    def calls(self) -> list[str]:
        return (self.machine / "calls").read_text().splitlines()

    def assert_one_sentence(self, done: subprocess.CompletedProcess[str], words: str) -> None:
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)

    def test_missing_packages_are_installed_by_the_name_that_apt_knows(self) -> None:
        self.assertEqual(self.run_setup().returncode, 0)
        calls = self.calls()
        self.assertIn(" update", calls[0])
        self.assertTrue(calls[1].endswith("install meson old-name"), calls)
        self.assertEqual(calls[2:], ["sources"])

    def test_nothing_missing_calls_no_apt(self) -> None:
        self.write(installed="meson\nold-name\n")
        self.assertEqual(self.run_setup().returncode, 0)
        self.assertEqual(self.calls(), ["sources"])

    def test_a_group_adds_its_packages(self) -> None:
        self.write(installed="meson\nnew-name\n")
        self.assertEqual(self.run_setup("base", "bench").returncode, 0)
        self.assertTrue(self.calls()[1].endswith("install nginx"), self.calls())

    def test_no_rights_is_one_sentence(self) -> None:
        self.write(user="1000\n")
        self.assert_one_sentence(self.run_setup(), "run 'make setup' as root")
        self.assertEqual(self.calls(), [])

    def test_sudo_that_would_ask_without_a_terminal_is_one_sentence(self) -> None:
        self.write(user="1000\n")
        self.fake("sudo", "exit 1\n")
        self.assert_one_sentence(self.run_setup(), "sudo would ask for a password")

    def test_sudo_is_used(self) -> None:
        self.write(user="1000\n")
        self.fake("sudo", '[ "$1" = -n ] && exit 0; echo "sudo" >>"$MACHINE/calls"; exec "$@"\n')
        self.assertEqual(self.run_setup().returncode, 0)
        self.assertEqual(self.calls()[0], "sudo")

    def test_unknown_package_is_one_sentence(self) -> None:
        self.write(available="meson\n")
        self.assert_one_sentence(self.run_setup(), "apt knows no package new-name | old-name")

    def test_other_system_is_one_sentence(self) -> None:
        (self.machine / "bin" / "dpkg-query").unlink()
        self.assert_one_sentence(self.run_setup(), "this is no Debian")


if __name__ == "__main__":
    unittest.main()
