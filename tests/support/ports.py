"""Ports of loopback for programs that must be told one."""
import random
import socket

# Below the ports that the system gives to outgoing connections: one of these could take the port before it is used.
FIRST, LAST = 10240, 32767


def free_port():
    """A TCP port that nobody uses; at random, so that tests that run at once do not meet."""
    for port in random.SystemRandom().sample(range(FIRST, LAST + 1), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port among a hundred")
