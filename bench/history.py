"""Images of the project's own past: builds of earlier commits, kept in build/history."""
import shutil
import subprocess

DEVICE_PATHS = ("device", "base", "crypto", "formats")  # a commit that changes none of these changes no image
BEFORE = (1, 4, 16)  # how many such commits lie between the images
IMAGES = {"base": "device/systems/base.bin", "monitor": "device/monitor/monitor.bin"}


def git(root, *arguments):
    return subprocess.check_output(["git", "-C", root, *arguments], text=True).split()


def build(root, commit):
    """{component: plain image}"""
    folder = root / "build/history" / commit
    images = {component: folder / f"{component}.bin" for component in IMAGES}
    if not folder.is_dir():
        tree = root / "build/history" / f".{commit}"
        subprocess.run(["git", "-C", root, "worktree", "add", "--detach", "--force", tree, commit], check=True,
                       capture_output=True)
        try:
            (tree / "deps").symlink_to((root / "deps").resolve())
            subprocess.run(["tools/setup/configure.sh", "device"], cwd=tree, check=True, capture_output=True)
            subprocess.run(["ninja", "-C", "build/device", *IMAGES.values()], cwd=tree, check=True, capture_output=True)
            folder.mkdir(parents=True)
            for component, path in IMAGES.items():
                shutil.copy(tree / "build/device" / path, images[component])
        finally:
            subprocess.run(["git", "-C", root, "worktree", "remove", "--force", tree], check=True, capture_output=True)
    return images


def pairs(root):
    """[(title, older image, newer image)], the newer of the latest commit that changed an image."""
    commits = git(root, "log", f"--max-count={max(BEFORE) + 1}", "--format=%h", "--", *DEVICE_PATHS)
    newest = build(root, commits[0])
    found = []
    for component, image in newest.items():
        for before in BEFORE:
            if before < len(commits):
                older = build(root, commits[before])[component]
                if older.read_bytes() != image.read_bytes():
                    found.append((f"{component}, {before} commits", older, image))
    return found
