"""The stages of a board's way into the fleet: what was seen, where, and when."""
import dataclasses
import os
import sys
import time

# In the order in which they must come. A stage that takes longer than its limit after the one before fails the demo.
STAGES = {
    "power on": 10.0,
    "measured": 15.0,
    "claimed": 40.0,
    "proved": 40.0,
    "joined": 20.0,
    "certificate": 20.0,
    "broker": 30.0,
    "first reading": 30.0,
}
COLOURS = {"power on": "37", "measured": "36", "claimed": "35", "proved": "32", "joined": "32", "certificate": "33",
           "broker": "34", "first reading": "1;32"}
BOARD_COLOURS = ("1;36", "1;35", "1;33", "1;34")


def coloured(text: str, code: str) -> str:
    """The text in a colour if a person looks at a terminal that wants colours."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        return text
    return f"\033[{code}m{text}\033[0m"


@dataclasses.dataclass
class Board:
    """What is known of one board so far."""
    name: str
    ueid: str
    temperature: float
    seen: dict[str, float] = dataclasses.field(default_factory=dict)
    waiting: dict[str, tuple[float, str, str]] = dataclasses.field(default_factory=dict)
    console: list[str] = dataclasses.field(default_factory=list)
    readings: list[str] = dataclasses.field(default_factory=list)

    def next_stage(self) -> str | None:
        """The first stage that has not been seen."""
        return next((stage for stage in STAGES if stage not in self.seen), None)


class Timeline:
    """Prints stages in their order. Facts come from several programs and may arrive out of it."""

    def __init__(self, boards: list[Board]):
        self.boards = boards
        self.start = time.monotonic()
        self.width = max(len(board.name) for board in boards)

    def show(self, board: Board, stage: str, at: float, fact: str, source: str) -> None:
        """Prints one line."""
        number = self.boards.index(board) % len(BOARD_COLOURS)
        name = coloured(f"{board.name:{self.width}}", BOARD_COLOURS[number])
        print(f"  {at - self.start:7.2f} s  {name}  {coloured(f'{stage:13}', COLOURS.get(stage, '0'))}  {fact}  "
              f"{coloured('(' + source + ')', '2')}", flush=True)

    def note(self, board: Board, stage: str, fact: str, source: str) -> None:
        """Keeps a fact, the first one of each stage, and prints what is now in order."""
        if stage in board.seen or stage in board.waiting:
            return
        board.waiting[stage] = (time.monotonic(), fact, source)
        while (due := board.next_stage()) in board.waiting:
            at, due_fact, due_source = board.waiting.pop(due)
            at = max([at, *board.seen.values()])
            board.seen[due] = at
            self.show(board, due, at, due_fact, due_source)

    def overdue(self) -> str | None:
        """A sentence about the first board that is late, None if all are in time."""
        now = time.monotonic()
        for board in self.boards:
            stage = board.next_stage()
            since = max(board.seen.values(), default=self.start)
            if stage is not None and now - since > STAGES[stage]:
                return f"{board.name}: '{stage}' was not seen within {STAGES[stage]:.0f} s"
        return None

    def complete(self) -> bool:
        """True once every board has gone the whole way."""
        return all(board.next_stage() is None for board in self.boards)
