"""Programs in the background: started here, read line by line, ended here by their process id."""
import ctypes
import pathlib
import queue
import signal
import subprocess
import threading

PR_SET_PDEATHSIG = 1
STOP_TIMEOUT_S = 5.0


def _die_with_parent():
    """Runs in the child: it is ended even if this program is killed without a chance to clean up."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Background:
    """One program; each of its lines goes to events as (name, line), its end as (name, None)."""

    def __init__(self, name: str, command: list[str], events: "queue.Queue[tuple[str, str | None]]",
                 log: pathlib.Path):
        self.name = name
        self._events = events
        self._log = log.open("w", encoding="utf-8")
        # A session of its own: Ctrl-C in the terminal is for the demo, which then ends everything in order.
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, text=True, errors="replace",
                                         start_new_session=True, preexec_fn=_die_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self._log.write(line)
            self._log.flush()
            self._events.put((self.name, line.rstrip("\n")))
        self._events.put((self.name, None))

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def reload(self) -> None:
        """Asks the program to read its configuration again."""
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Ends the program: politely, then not."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(STOP_TIMEOUT_S)
        self._log.close()
