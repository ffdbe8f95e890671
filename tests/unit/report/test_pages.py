"""The pages on mistakes: every detector has one, and each keeps to its form."""

from __future__ import annotations

import ast
import re

import pytest

from pytest_parlab.analysis.mistakes import catalogue, detected
from pytest_parlab.errors import UsageError
from pytest_parlab.report.pages import index, known_code, page

HEADINGS = ["What happened", "How to see it", "Wrong", "Right", "Read more"]


def test_every_detector_has_a_page_and_every_page_a_detector() -> None:
    assert {entry.code for entry in index() if entry.has_page} == detected
    assert {entry.code for entry in index() if entry.is_detected} == detected
    assert [entry.code for entry in index()] == list(catalogue)


@pytest.mark.parametrize("code", sorted(detected))
def test_a_page_keeps_to_its_form(code: str) -> None:
    text = page(code)
    lines = text.splitlines()
    assert lines[0] == f"# {code} {catalogue[code]}"
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert len(lines) <= 60
    assert text.isascii()
    assert max(map(len, lines)) <= 100
    assert "!" not in text.replace("!=", "")


@pytest.mark.parametrize("code", sorted(detected))
def test_a_page_shows_a_picture_and_code_that_parses_and_links_to_the_library(code: str) -> None:
    text = page(code)
    assert re.search(r"^    \S", text.split("## Wrong")[0], re.MULTILINE)
    for part in (text.split("## Wrong")[1].split("## Right")[0], text.split("## Right")[1]):
        blocks = re.findall(r"```python\n(.*?)```", part, re.DOTALL)
        assert blocks
        for block in blocks:
            ast.parse(block if "return" not in block or "def " in block else f"def function():\n{_indented(block)}")
    assert re.fullmatch(r"https://docs\.python\.org/3/[\w./#-]+", text.split("## Read more")[1].strip())


def _indented(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())


@pytest.mark.parametrize("spelling", ["PL201", "pl201", "201", " PL201 "])
def test_a_code_is_known_in_every_spelling(spelling: str) -> None:
    assert known_code(spelling) == "PL201"


def test_an_unknown_code_names_the_nearest_ones() -> None:
    with pytest.raises(UsageError) as caught:
        page("PL209")
    assert str(caught.value) == (
        "There is no mistake 'PL209': did you mean PL208 or PL207 or PL206? `parlab explain` lists every code."
    )
    with pytest.raises(UsageError) as caught:
        known_code("deadlock")
    assert str(caught.value) == (
        "There is no mistake 'deadlock': a code looks like PL201; `parlab explain` lists every code."
    )


def test_a_mistake_without_a_page_says_so() -> None:
    with pytest.raises(UsageError) as caught:
        page("PL603")
    assert str(caught.value) == (
        "PL603 (same random seed in every child) has no page yet; `parlab explain` lists those that have one."
    )
