"""What the documents say stays true: commands exist, links lead somewhere, both languages say the same."""

import html
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache

import pytest
from packaging.requirements import Requirement

from app import create_app
from conversation.phrases import phrases_for
from conversation.tools import runner
from conversation.tools.runner import Toolbox, ToolContext
from integrations.language_model import ToolCall
from settings import ROOT, Settings, load_settings
from storage.database import Database
from tests.warm import PROGRAMS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PAIRS = [
    (ROOT / f"{name}.md", ROOT / f"{name}.es.md")
    for name in ("README", "docs/phone", "docs/whatsapp", "docs/campaigns", "docs/costs")
]
"""Documents that are there in English and in Spanish, and say the same."""
IN_BOTH = [document for pair in PAIRS for document in pair]
SCRIPTS = re.compile(r"\bpython3? (-m \w+|[\w/]+\.py)")
FLASK_COMMANDS = re.compile(r"flask --app app ((?:db|whatsapp|campaign) [a-z]+|[a-z-]+)")
OPTIONS = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
MADE_BY_READERS = {
    "profiles/mi-negocio.toml",
    "profiles/sellers.toml",
    "translations/pt_BR/LC_MESSAGES/messages.po",
}
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def name_of(path):
    return str(path.relative_to(ROOT))


def blocks(readme, language):
    """The code in that language, each block a string."""
    return [code for _, kind, code in FENCE.findall(readme.read_text()) if kind == language]


def headings(document):
    """(level, title) of each."""
    return re.findall(r"^(#+) +(.+)$", FENCE.sub("", document.read_text()), re.MULTILINE)


def anchors(document):
    """The names that GitHub gives to a document's headings."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in headings(document)}


@cache
def help_of(*command):
    # Nothing is set: --help is for those who have set nothing yet.
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "en_US.UTF-8"}
    run = PROGRAMS.run([*command, "--help"], env=environment, timeout=60)
    assert run.returncode == 0, f"{command}: {run.stderr}"
    return run.stdout


@pytest.fixture(scope="module")
def flask_help(tmp_path_factory):
    """Return the help of a command of the application's."""
    app = create_app(load_settings(None, data_dir=tmp_path_factory.mktemp("data")))

    @cache
    def flask_help(command):
        said = app.test_cli_runner().invoke(args=[*command.split(), "--help"])
        assert said.exit_code == 0, f"{command}: {said.output}"
        return said.output

    return flask_help


def test_the_commands_are_there_for_who_has_set_nothing_yet():
    said = help_of("-m", "flask", "--app", "app")

    named = {command for document in DOCUMENTS for command in FLASK_COMMANDS.findall(document.read_text())}
    assert named
    assert [command for command in named if not re.search(rf"^  {command.split()[0]} ", said, re.M)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_to_a_file_or_a_heading_leads_there(document):
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", document.read_text()))

    for target in targets:
        if "://" not in target:
            path, _, anchor = target.partition("#")
            file = (document.parent / path) if path else document
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_of_ours_that_is_named_exists(document, flask_help):
    text = document.read_text()

    for script in SCRIPTS.findall(text):
        assert (ROOT / script.removeprefix("-m ")).exists(), script
    for command in set(FLASK_COMMANDS.findall(text)):
        flask_help(command)
    for script in re.findall(r"(?<![\w/])\./(\w+\.sh)", text):
        assert os.access(ROOT / script, os.X_OK), script


@pytest.mark.parametrize("document", IN_BOTH, ids=name_of)
def test_every_option_that_a_document_names_is_an_option_of_what_it_names(document, flask_help):
    text = document.read_text()
    helps = [help_of(*script.split()) for script in set(SCRIPTS.findall(text))]
    helps += [flask_help(command) for command in set(FLASK_COMMANDS.findall(text))]

    # --quick is also test.sh's, whose head describes it
    known = set(OPTIONS.findall("\n".join([*helps, (ROOT / "test.sh").read_text()])))
    assert set(OPTIONS.findall(text)) - {"--app"} <= known


@pytest.mark.parametrize("document", IN_BOTH, ids=name_of)
def test_every_setting_that_a_document_names_is_one(document):
    named = set(re.findall(r"\b(?:[A-Z][A-Z0-9]+_)+[A-Z0-9]+\b", document.read_text()))

    assert named <= {name.upper() for name in Settings.model_fields}


def test_every_document_in_spanish_has_its_pair():
    assert {*ROOT.glob("*.es.md"), *ROOT.glob("docs/**/*.es.md")} == {spanish for _, spanish in PAIRS}


@pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=lambda path: path.stem)
def test_both_languages_have_the_same_sections(english, spanish):
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(spanish)]


@pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=lambda path: path.stem)
def test_both_languages_have_the_same_commands_settings_and_tables(english, spanish):
    def written(document):
        return [re.sub('".*"', '""', code) for code in blocks(document, "sh")]

    def cells(document):
        rows = re.findall(r"^ *\|.*$", document.read_text(), re.MULTILINE)
        return [row.count("|") for row in rows]

    assert written(english) == written(spanish)
    assert cells(english) == cells(spanish)


@pytest.mark.parametrize(("english", "spanish"), PAIRS, ids=lambda path: path.stem)
def test_both_languages_have_the_same_links(english, spanish):
    def links(document):
        found = set(re.findall(r"\]\(([^)\s]+)\)", document.read_text()))
        found = {target.replace(".es.md", ".md") for target in found}
        return {re.sub(r"call\.\w\w\.svg", "", target) for target in found}

    assert links(english) == links(spanish)


def test_the_tool_that_the_recipe_shows_works():
    [example] = blocks(ROOT / "CONTRIBUTING.md", "python")
    scope = dict(vars(runner))
    exec(example, scope)
    nowhere = Database("sqlite://")
    context = ToolContext(nowhere, None, None, 1, phrases_for("en-US"), can_transfer=False, now=NOW)

    result = Toolbox([scope["ORDER_STATUS"]]).run(context, ToolCall("1", "order_status", {"number": "17"}))

    assert result.content.startswith("Order 17 ")


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_picture_is_of_a_call_as_its_script_says(language):
    pictures = ROOT / "docs" / "pictures"
    drawn = html.unescape(re.sub(r"<[^>]+>", "", (pictures / f"call.{language}.svg").read_text()))

    shown = "".join(drawn.split())
    for line in (pictures / f"call.{language}.txt").read_text().splitlines():
        assert "".join(line.removeprefix("!").split()) in shown, "run docs/pictures/make.py"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_picture_asks_no_server_for_anything(language):
    picture = (ROOT / "docs" / "pictures" / f"call.{language}.svg").read_text()

    assert not re.search(r"@import|@font-face|url\((?!#)|<script|<image", picture)


@pytest.mark.parametrize("script", ["docs/tree.py", "docs/pictures/packages.py", "docs/pictures/handoff.py"])
def test_what_a_script_makes_of_the_modules_is_fresh(script):
    run = subprocess.run([sys.executable, script, "--check"], cwd=ROOT, capture_output=True, text=True)

    assert run.returncode == 0, f"run {script}: {run.stdout}{run.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_path_of_ours_that_is_named_exists(document):
    folders = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."))
    named = re.findall(
        rf"(?<![\w./-])((?:{folders})/[\w./-]*\w\.(?:py|toml|md|svg|po|sh))\b", document.read_text()
    )

    assert [path for path in named if not (ROOT / path).exists() and path not in MADE_BY_READERS] == []


def test_the_dependencies_that_are_explained_are_those_that_are_asked_for():
    rows = re.findall(
        r"^\| `([\w.-]+)(?:\[\w+\])?` \| (\S+) \|", (ROOT / "docs/dependencies.md").read_text(), re.M
    )
    asked = [
        Requirement(line)
        for name in ("requirements.in", "requirements-dev.in")
        for line in (ROOT / name).read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    ]

    explained = {
        name: str(Requirement(f"{name}{'' if range_ == 'any' else range_}").specifier)
        for name, range_ in rows
    }
    assert explained == {requirement.name: str(requirement.specifier) for requirement in asked}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_documents_speak_of_the_product_alone(document):
    text = document.read_text()

    assert not re.search(r"/(?:work|root|tmp|Users)/|/home/\w", text)
    assert not re.search(r"(?i)\bissues? #?\d|(?<![\w/&#])#\d{1,5}\b", text)
