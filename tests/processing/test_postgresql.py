"""Several of our repositories live in one PostgreSQL database, each in its schema."""

import subprocess
import sys
from pathlib import Path

import pytest
from lsst.daf.butler import Butler

from processing.__main__ import main
from tests.servers.debian import Missing
from tests.servers.postgresql import postgresql


def test_two_repositories_share_a_database(tmp_path: Path) -> None:
    assert main(["simulate", str(tmp_path / "raws"), "--bias=1", "--amp-size=8x8", "--detectors=0"]) == 0
    ingest = ["repo", "ingest", str(tmp_path / "main"), str(tmp_path / "raws"), "--camera=LSSTComCam"]
    try:
        with postgresql() as server:
            server.execute("create database calibrations")
            for name in ("main", "embargo"):
                options = ["--camera=LSSTComCam", f"--db={server.url('calibrations')}", f"--schema={name}"]
                assert main(["repo", "create", str(tmp_path / name), *options]) == 0
            assert [main(ingest), main(ingest)] == [0, 0]
            with Butler.from_config(tmp_path / "main") as butler:
                assert len(butler.query_datasets("raw", "LSSTComCam/raw/all")) == 1
            with Butler.from_config(tmp_path / "embargo") as butler:
                assert not list(butler.collections.query("*"))
    except Missing as absent:
        pytest.skip(str(absent))


def test_a_database_without_the_extension_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    # In a process of its own: Butler leaves its connection open when it fails here.
    command = [sys.executable, "-m", "processing", "repo", "create", str(tmp_path / "repo"), "--camera=LSSTComCam"]
    try:
        with postgresql() as server:
            server.execute("create database bare template template0")
            url = f"--db={server.url('bare')}"
            done = subprocess.run([*command, url], capture_output=True, text=True, check=False)
    except Missing as absent:
        pytest.skip(str(absent))
    assert done.returncode == 1
    assert "create extension btree_gist" in done.stderr.lower()
    assert "Traceback" not in done.stderr
