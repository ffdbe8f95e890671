"""Settings as pytest takes them: options, ini keys, environment, and the seed of the last run."""

from __future__ import annotations

import re

import pytest

USES_A_FIXTURE = "def test_a(race_detector):\n    with race_detector.watch():\n        pass\n"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PARLAB_SEED", "PARLAB_WORKERS", "PARLAB_SUBMISSION", "PARLAB_ISOLATION", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)


def test_help_shows_every_option_with_its_values_and_its_ini_key(pytester: pytest.Pytester) -> None:
    output = pytester.runpytest("--help").stdout.str()
    for text in (
        "--parlab-submission=DIR",
        "--parlab-isolation=process|none",
        "--parlab-start-method=default|fork|spawn|forkserver",
        "--parlab-workers=N",
        "--parlab-seed=N|last",
        "--parlab-results=PATH",
        "--parlab-images=DIR",
        "parlab_start_method",
    ):
        assert text in output
    markers = pytester.runpytest("--markers").stdout.str()
    for text in ("@pytest.mark.parlab_task(n):", "@pytest.mark.parlab_cores(n):", "parlab_start_methods(*names):"):
        assert text in markers


def test_an_unknown_option_is_refused_by_pytest(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--parlab-no-such-thing=1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unrecognized arguments: --parlab-no-such-thing=1*"])


@pytest.mark.parametrize(
    ("how", "source"),
    [
        ("option", "the command line option --parlab-workers"),
        ("variable", "the environment variable PARLAB_WORKERS"),
        ("ini", "the ini key parlab_workers"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_source(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, how: str, source: str
) -> None:
    pytester.makeini(f"[pytest]\n{'parlab_workers = many' if how == 'ini' else ''}\n")
    if how == "variable":
        monkeypatch.setenv("PARLAB_WORKERS", "many")
    result = pytester.runpytest(*(["--parlab-workers=many"] if how == "option" else []))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().strip() == (
        f"ERROR: 'many' from {source} is not possible: use a whole number from 2 to 1024"
    )


def test_an_abbreviated_option_is_not_guessed(pytester: pytest.Pytester) -> None:
    assert pytester.runpytest("--parlab-work=2").ret == pytest.ExitCode.USAGE_ERROR


def test_the_seed_is_shown_and_can_be_repeated(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USES_A_FIXTURE)
    first = pytester.runpytest("--parlab-seed=41")
    first.stdout.fnmatch_lines(["parlab: repeat with --parlab-seed=41; start method: the system's default"])
    last = pytester.runpytest("--parlab-seed=last")
    last.stdout.fnmatch_lines(["parlab: repeat with --parlab-seed=41;*"])
    by_chance = pytester.runpytest()
    [seed] = re.findall(r"--parlab-seed=(\d+)", by_chance.stdout.str())
    again = pytester.runpytest("--parlab-seed=last")
    again.stdout.fnmatch_lines([f"parlab: repeat with --parlab-seed={seed};*"])


@pytest.mark.parametrize("extra", [[], ["-p", "no:cacheprovider"]], ids=["empty cache", "no cache"])
def test_there_may_be_no_last_seed(pytester: pytest.Pytester, extra: list[str]) -> None:
    result = pytester.runpytest("--parlab-seed=last", *extra)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "no earlier run left a seed; use a number" in result.stderr.str()


def test_a_distributed_run_tells_its_seed_and_keeps_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USES_A_FIXTURE + USES_A_FIXTURE.replace("test_a", "test_b"))
    pytester.runpytest_subprocess("-n", "2", "--parlab-seed=43").stdout.fnmatch_lines(
        ["parlab: repeat with --parlab-seed=43;*", "*2 passed*"]
    )
    pytester.runpytest("--parlab-seed=last").stdout.fnmatch_lines(["parlab: repeat with --parlab-seed=43;*"])


def test_an_unrelated_suite_hears_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_a():\n    pass\n")
    output = pytester.runpytest_subprocess("-v").stdout.str()
    assert "parlab" not in re.sub(r"plugins: .*", "", output)


def test_the_plugin_can_be_left_out(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USES_A_FIXTURE)
    result = pytester.runpytest_subprocess("-p", "no:parlab")
    result.stdout.fnmatch_lines(["*fixture 'race_detector' not found*"])


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ("parlab_start_methods('frok')", "parlab_start_methods('frok') is not possible: use one or more of fork,"),
        ("parlab_start_methods()", "parlab_start_methods() is not possible: use one or more of fork, spawn"),
        ("parlab_cores()", "parlab_cores needs one number above 0, for example parlab_cores(2)"),
        ("parlab_cores('2')", "parlab_cores needs one number above 0"),
        ("parlab_cores(0)", "parlab_cores needs one number above 0"),
    ],
)
def test_a_wrong_mark_says_what_would_work(pytester: pytest.Pytester, mark: str, text: str) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.{mark}\ndef test_a():\n    pass\n")
    result = pytester.runpytest()
    assert text in result.stdout.str() + result.stderr.str()
    assert result.ret != 0


def test_too_few_cores_are_undecided_and_not_passed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLAB_CORES", "2")
    pytester.makepyfile(
        "import pytest\n@pytest.mark.parlab_cores(64)\ndef test_a():\n    pass\n"
        "@pytest.mark.parlab_cores(2)\ndef test_b():\n    pass\n"
    )
    result = pytester.runpytest_subprocess("-v")
    result.stdout.fnmatch_lines(
        [
            "*test_a UNDECIDED*",
            "*test_b PASSED*",
            "*= undecided =*",
            "*::test_a: undecided: this test needs 64 usable cores and this machine gives 2; run it where there are*",
            "*1 passed, 1 undecided*",
        ]
    )
