"""The story: every command that is shown is run, by this process, as a person would type it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from git import Repo

from ..errors import ExitCode, ReconcileError
from . import specs
from .camera import Camera
from .frames import processing
from .specs import Found

ALWAYS = "1970-01-01T00:00:00"


class Story:
    """A new git repository of specs, and the commands that are typed in it."""

    def __init__(self, root: Path, reconcile: Callable[[list[str]], int]) -> None:
        self.root, self._reconcile = root, reconcile
        self._git = Repo.init(root, initial_branch="main")
        with self._git.config_writer() as config:
            config.set_value("user", "name", "reconcile demo")
            config.set_value("user", "email", "demo@example.org")
            config.set_value("commit", "gpgsign", "false")

    def say(self, text: str) -> None:
        """Tell what comes next."""
        sys.stdout.write(f"\n# {text}\n")
        sys.stdout.flush()

    def run(self, command: str, ends: ExitCode = ExitCode.OK) -> None:
        """Type a command of reconcile; any other exit code ends the story."""
        sys.stdout.write(f"$ reconcile {command}\n")
        sys.stdout.flush()
        code = self._reconcile([*shlex.split(command), "--directory", str(self.root)])
        if code != ends:
            raise ReconcileError(f"`reconcile {command}` ended with exit code {code}; the demo stops in {self.root}")

    def type(self, command: str, *, shown: bool = False) -> None:
        """Type a command of others in the directory of the story; a failure ends it."""
        sys.stdout.write(f"$ {command}\n")
        name, *arguments = shlex.split(command)
        # What is installed beside this interpreter is meant, whatever PATH says.
        own = Path(sys.executable).with_name(name)
        words = [str(own) if own.exists() else name, *arguments]
        done = subprocess.run(words, cwd=self.root, capture_output=True, text=True, check=False)
        if shown:
            sys.stdout.write(done.stdout)
        if done.returncode:
            raise ReconcileError(f"`{command}` ended with status {done.returncode}: {done.stderr.strip()}")

    def write(self, name: str, text: str) -> None:
        """Write one file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, message: str) -> None:
        """Commit everything."""
        sys.stdout.write(f"$ git commit -am {shlex.quote(message)}\n")
        self._git.git.add("--all")
        self._git.git.commit("--quiet", "-m", message)

    def revert(self) -> None:
        """Take the last commit back, as history does: by another commit."""
        sys.stdout.write("$ git revert HEAD\n")
        self._git.git.revert("--no-edit", "HEAD")

    def remote(self, path: Path) -> str:
        """Give the repository a remote that has all its commits; return the last one."""
        self._git.clone(str(path), bare=True).close()
        self._git.create_remote("origin", str(path))
        return str(self._git.head.commit.hexsha)

    def push(self) -> None:
        """Push the branch, as the merge of a pull request does."""
        sys.stdout.write("$ git push origin main\n")
        self._git.git.push("--quiet", "origin", "main")

    def tell(self, camera: Camera, found: Found, where: str) -> None:
        """Build, look again, change, revert."""
        self._build(camera, found, where)
        self._change(camera, found, where)
        self.say("Taking it back is a commit too: what was certified is certified again, nothing is built.")
        self.revert()
        self.run("apply --auto-approve")
        self.run("plan")
        self.say("Are they good? What a board would look at:")
        self.run(f"report {specs.TICKET}")

    def _build(self, camera: Camera, found: Found, where: str) -> None:
        self.say("Desired state is YAML in git. The lock says which exposures the selections mean now.")
        for name, text in specs.files(camera, found, where, ALWAYS).items():
            self.write(name, text)
        if found.simulated:
            self.judge_scaled(camera)
        elif not camera.overscan:
            text = specs.WITHOUT_OVERSCAN.format(instrument=camera.name)
            self.write(f"specs/{camera.name}/verification.yaml", text)
        self.commit(f"{specs.TICKET}: {', '.join(found.products)}")
        self.run("lock")
        self.commit(f"{specs.TICKET}: lock")
        self.say("What is missing? Then: do it.")
        self.run("plan")
        self.run("apply --auto-approve")
        self.say("And now?")
        self.run("plan")

    def judge_scaled(self, camera: Camera) -> None:
        """Write by what scaled sensors are judged, and where they lie."""
        base = f"specs/{camera.name}"
        self.write(f"{base}/verification.yaml", specs.SCALED.format(instrument=camera.name))
        processing("camera", "layout", camera.name, "--into", self.root / base / "curated" / "focal_plane.yaml")

    def _change(self, camera: Camera, found: Found, where: str) -> None:
        self.say("Two edits in one commit: valid from that night on only, and the curated ticket searched first.")
        base = f"specs/{camera.name}"
        self.write(f"{base}/{specs.TICKET}.yaml", specs.calibration_set(camera, found, where, found.night))
        self.write(f"{base}/chain.yaml", specs.chain(camera, specs.CURATED, specs.TICKET))
        self.commit("Certify from the night on; curated first")
        self.run("plan")
        self.run("apply --auto-approve")


def new_root(directory: Path | None) -> Path:
    """Return an empty directory for the story."""
    if directory is None:
        import tempfile

        return Path(tempfile.mkdtemp(prefix="reconcile-demo-"))
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(17, "is not empty; the demo begins with nothing", str(directory))
    directory.mkdir(parents=True, exist_ok=True)
    return directory.resolve()
