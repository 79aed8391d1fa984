"""The manners of the program: help, exit codes, sentences."""
import re

import pytest


def commands(sopris):
    text = sopris.ok("--help")
    listed = text.split("commands:\n")[1].split("\n\n")[0]
    return [re.split(r"  +", line.strip())[0] for line in listed.splitlines()]


def test_every_command_explains_itself(sopris):
    found = commands(sopris)
    assert len(found) >= 20 and "relay" not in " ".join(found)
    for command in found:
        words = [word for word in command.split() if word.islower()]
        text = sopris.ok(*words, "--help")
        assert f"usage: sopris {' '.join(words)}" in text
        assert "\n  sopris " in text, f"{command} has no example"
        assert "Next: " in text or "Ends with" in text, f"{command} does not say what comes next"


@pytest.mark.parametrize("arguments", [["nothing"], ["maker"], ["maker", "nothing"], ["maker", "new"],
                                       ["maker", "new", "a", "b"], ["maker", "new", "UPPER"],
                                       ["maker", "new", "../x"], ["maker", "new", "a", "--vendor", "1"],
                                       ["-o", "yaml", "status"], ["operator", "add", "x", "--role", "god"],
                                       ["board", "new", "x", "--maker", "acme"]])
def test_wrong_command_line(sopris, arguments):
    sopris.refused(*arguments, status=2)
    assert not sopris.home.exists()


def test_unreachable(sopris):
    sopris.refused("device", "list", status=3, says="sopris up")
    sopris.ok("up", "--init")
    sopris.refused("device", "list", status=3, says="sopris up")
    sopris.refused("device", "list", status=3, says="cannot be reached", door="127.0.0.1:1")
    sopris.refused("device", "list", status=2, says="ADDRESS:PORT", door="here")
    sopris.refused("device", "list", says="no operator 'nobody'", operator="nobody", door="127.0.0.1:1")


def test_not_found(sopris):
    sopris.refused("board", "run", "kitchen", says="sopris board new kitchen")
    sopris.refused("image", "show", "/nonexistent", says="cannot be opened")
    sopris.refused("image", "sign", "r", "--maker", "acme", "--out", "x", says="sopris maker new acme")
