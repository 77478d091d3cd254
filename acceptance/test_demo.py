"""`landbridge demo`: the whole story on a throw-away world, told well and cleaned up."""

import json

import pytest
from landbridge import landbridge


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The demo as a person at a pipe sees it, in an empty folder."""
    folder = tmp_path_factory.mktemp("demo")
    return landbridge("demo", check=0, cwd=folder), folder


def test_it_ends_well_and_leaves_nothing(told):
    done, folder = told
    assert list(folder.iterdir()) == []
    assert "panicked" not in done.stderr


def test_it_shows_the_path_hop_by_hop(told):
    text = told[0].stdout + told[0].stderr
    for role in (
        "CrossAccount-SM-Read-Role",
        "SM-Read-Role",
        "CrossAccount-S3-Write-Role",
        "S3-Write-Role",
    ):
        assert role in text
    assert "verified" in text and "rows" in text and "manifest" in text
    assert "\x1b[" not in text, "no colours into a pipe"


def test_it_reports_as_json(tmp_path):
    outcome = json.loads(landbridge("demo", "--rows", 5000, "--json", check=0, cwd=tmp_path).stdout)
    assert (outcome["command"], outcome["exit"]) == ("demo", "done")
    phases = {phase["command"]: phase for phase in outcome["phases"]}
    assert all(phase["exit"] == "done" for phase in phases.values())
    assert [hop["state"] for hop in phases["run"]["hops"]] == ["passed"] * 7
    moved = phases["run"]["moved"]
    assert moved["rows"] > 0 and moved["bytes"] == sum(f["bytes"] for f in moved["files"])
    assert all(len(file["sha256"]) == 64 for file in moved["files"])
    assert all(finding["good"] for finding in phases["verify"]["findings"])
    assert phases["destroy"]["steps"]


def test_keep_keeps_the_world(tmp_path):
    landbridge("demo", "--rows", 5000, "--keep", tmp_path / "kept", check=0, cwd=tmp_path)
    assert (tmp_path / "kept" / "world.redb").exists()
