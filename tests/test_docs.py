"""The documents say what is so: settings, commands, links, locked requirements, the compose file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from bidhall.cli import app
from bidhall.cli_bid import bid_app
from bidhall.cli_custodian import custodian_app
from bidhall.settings import VARIABLES, Settings

ROOT = Path(__file__).parents[1]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LOCKED = re.compile(
    r"(?P<package>[a-z0-9-]+)==(?P<version>\S+)(?: ; [^\\]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+"
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def rows(page: str) -> dict[str, str]:
    """Give the first code word of each table row with the rest of the row."""
    return dict(re.findall(r"^\| `([^`]+)` \|(.*)\|$", page, re.MULTILINE))


def test_every_setting_is_documented_with_its_default() -> None:
    table = rows(OPERATIONS)
    default = Settings()
    known = {
        "BIDHALL_DATA": str(default.data),
        "BIDHALL_HOST": default.host,
        "PORT": str(default.port),
        "BIDHALL_ORIGIN": default.origin,
        "BIDHALL_WORKERS": str(default.workers),
    }
    for name in VARIABLES:
        cell = table[name].split("|")[0].strip().strip("`")
        assert cell == known.get(name, ""), name


def test_every_variable_the_program_reads_is_documented() -> None:
    read = {
        name
        for path in (ROOT / "bidhall").rglob("*.py")
        for name in re.findall(r'"(BIDHALL_[A-Z_]*[A-Z])(?:_FILE)?"', path.read_text())
    }
    assert {"BIDHALL_DATA", "BIDHALL_HALL"} <= read
    assert [name for name in sorted(read) if f"`{name}" not in OPERATIONS] == []


def documented_links() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" not in target:
                yield page.relative_to(ROOT).as_posix(), target


def test_every_link_leads_somewhere() -> None:
    links = list(documented_links())
    assert len(links) > 5
    for page, target in links:
        name, _, anchor = target.partition("#")
        goal = (ROOT / page).parent / name if name else ROOT / page
        assert goal.exists(), f"{page} links to {target}"
        if anchor:
            titles = re.findall(r"^#+ (.*)$", goal.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in titles}
            assert anchor in anchors, f"{page} links to {target}"


def test_the_makefile_and_both_readmes_name_the_same_commands() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {f"make {name}" for name in re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE)}
    assert {"make help", "make setup", "make run", "make demo", "make bench"} <= targets
    for page in READMES:
        told = {name for name in rows(page.read_text()) if name.startswith("make ")}
        assert told == targets, page.name


def test_make_help_shows_every_command() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607 - whichever make is here
    for name in ("help", "setup", "run", "test", "check", "bench", "demo"):
        assert re.search(rf"^  make {name}\s+\w", shown.stdout, re.MULTILINE), name


def commands() -> set[str]:
    """Give every command of the program that is not hidden."""
    parts = {"bidhall": app, "bidhall bid": bid_app, "bidhall custodian": custodian_app}
    found = set()
    for before, part in parts.items():
        group = typer.main.get_command(part)
        assert isinstance(group, typer.core.TyperGroup)
        found |= {f"{before} {name}" for name, one in group.commands.items() if not one.hidden}
    return found - set(parts)


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_the_readme_names_every_command_of_the_program(page: Path) -> None:
    told: set[str] = set()
    for line in page.read_text().splitlines():
        before = "bidhall"
        for words in re.findall(r"`([a-z -]+)`", line) if line.startswith("| `bidhall") else []:
            full = words if words.startswith("bidhall") else f"{before} {words}"
            before = full.rsplit(" ", 1)[0]
            told.add(full)
    assert told == commands()


def test_both_readmes_show_the_same_commands_to_type() -> None:
    typed = [re.findall(r"^    (\S.*)$", page.read_text(), re.MULTILINE) for page in READMES]
    assert typed[0] == typed[1] == ["make run", "make demo"]


def test_the_changelog_has_a_place_for_what_comes() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text
    for version in re.findall(r"^## \[(\d[^\]]*)\]", text, re.MULTILINE):
        assert re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE)


def test_decisions_are_numbered_and_say_what_follows() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text()
        assert text.startswith(f"# {page.name[:4]}: "), page.name
        for heading in ("Status:", "## Context", "## Decision", "## Consequences"):
            assert heading in text, f"{page.name} has no {heading}"


def locked(name: str) -> dict[str, str]:
    """Give each locked package with its version; every one must have hashes."""
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    found = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = LOCKED.fullmatch(line)
        assert match, f"{name}: not locked with hashes: {line[:60]}"
        found[match["package"]] = match["version"]
    return found


def test_requirements_are_locked_with_hashes_and_cover_what_is_declared() -> None:
    run, dev = locked("run.txt"), locked("dev.txt")
    assert run.items() <= dev.items()
    for wanted, found in (
        (PROJECT["dependencies"], run),
        (PROJECT["optional-dependencies"]["dev"], dev),
    ):
        for line in wanted:
            assert re.split(r"[\[<>=]", line)[0] in found, line


def check_compose(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "compose.yml").write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    return subprocess.run(
        [*command, str(folder / "compose.yml")], capture_output=True, text=True, check=False
    )


def test_the_compose_file_is_valid_and_a_typo_in_it_would_be_found(tmp_path: Path) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    good = check_compose(text, tmp_path)
    assert good.returncode == 0, good.stdout
    assert check_compose(text.replace("healthcheck:", "heathcheck:"), tmp_path).returncode == 1


def test_the_compose_file_holds_no_secret_and_waits_for_healthy_servers() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"(?i)(password|secret|token)\w*\s*[:=]", text)
    assert text.count("condition: service_healthy") == 2
    assert "image: postgres:18\n" in text
    assert "image: valkey/valkey:9\n" in text
    example = re.findall(r"^    ([A-Z_]+)=", OPERATIONS, re.MULTILINE)
    assert {"POSTGRES_PASSWORD", "DATABASE_URL"} <= set(example)
    assert [name for name in example if name not in VARIABLES and name != "POSTGRES_PASSWORD"] == []


def test_versions_agree() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", PROJECT["version"])
    assert json.dumps(PROJECT["requires-python"]) == '">=3.11"'
