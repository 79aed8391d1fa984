"""Rollouts and groups from the command line; what devices make of them is in tests/service/test_rollouts.py."""
import pytest

from tests.cli.sopris import Service, Sopris

UEID = "01" + "5a" * 32


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A service with base 4 published."""
    sopris = Sopris(tmp_path_factory.mktemp("rollouts"))
    sopris.ok("maker", "new", "acme")
    running = Service(sopris)
    sopris.ok("maker", "trust", "acme")
    binary = sopris.folder / "image.bin"
    binary.write_bytes(b"image" * 1000)
    sopris.ok("image", "publish", sopris.image("base", "base", binary, "--maker", "acme", sequence=4))
    yield sopris
    running.stop()


@pytest.mark.parametrize("options", [["--rings", "5,5"], ["--rings", "5,"], ["--rings", ""], ["--rings", "1,2,3,4,5,6,7,8,9"],
                                     ["--rings", "5", "--percent", "5"], ["--window", "6"], ["--window", "24-1"],
                                     ["--window", "3-3"], ["--success-min", "0"], ["--group", "Roof"],
                                     ["--rate", "fast"]])
def test_what_makes_no_sense_is_refused_here(sopris, options):
    sopris.refused("rollout", "start", "--component", "base", "--sequence", 4, *options, status=2)


def test_life_of_a_rollout(shop):
    started = shop.json("rollout", "start", "--component", "base", "--sequence", 4, "--rings", "5,25,100", "--ring-wait", 60,
                        "--success-min", 80, "--window", "22-24", "--group", "roof", "--failures-max", 3)
    assert (started["rings"], started["percent"], started["window"]) == ([5, 25, 100], 5, [22, 0])
    assert (started["group"], started["success_min"], started["ring_wait"]) == ("roof", 80, 60)
    number = started["number"]
    table = shop.ok("rollout", "status")
    assert "PROGRESS" in table and "0 %" in table and "roof" in table and "[" not in table, "no bar in a pipe"
    assert "the ring of 25 % opens at 80 %" in shop.ok("rollout", "show", number) and "DEVICE" in shop.ok("rollout", "show", number)
    shop.refused("rollout", "show", number + 9, says="no rollout")
    shop.refused("rollout", "show", "x", status=2)
    shop.refused("rollout", "start", "--component", "base", "--sequence", 4, says="'sopris rollout finish'")
    assert shop.json("rollout", "resume", number, "--percent", 50)["percent"] == 50
    shop.refused("rollout", "retry", number, UEID, says="has not failed")
    assert shop.json("rollout", "retry", number)["failed"] == 0
    assert shop.json("rollout", "finish", number)["state"] == "finished"
    shop.refused("rollout", "resume", number, says="finished")
    assert shop.json("rollout", "abort", number)["state"] == "aborted"


def test_images_are_listed_and_deleted(shop):
    binary = shop.folder / "other.bin"
    binary.write_bytes(b"other" * 1000)
    shop.ok("image", "publish", shop.image("base9", "base", binary, "--maker", "acme", sequence=9))
    listed = shop.json("image", "list")
    digest = next(image["file_digest"] for image in listed["images"] if image["sequence"] == 9)
    assert "MiB free" in shop.ok("image", "list") and listed["bytes"] > 10000
    shop.refused("image", "delete", "abc", status=2)
    shop.refused("image", "delete", "0123456789", says="no image")
    assert shop.json("image", "delete", digest[:12])["sequence"] == 9
    assert 9 not in [image["sequence"] for image in shop.json("image", "list")["images"]]


def test_groups(shop):
    assert shop.json("device", "group", UEID, "cellar") == {"ueid": UEID, "group": "cellar"}
    assert shop.json("group", "list") == [{"name": "cellar", "devices": 1}]
    assert "cellar" in shop.ok("group", "list")
    shop.refused("device", "group", UEID, status=2, says="--none")
    shop.refused("device", "group", UEID, "Cellar", status=2)
    assert shop.json("device", "group", UEID, "--none")["group"] is None
    assert shop.json("group", "list") == []
