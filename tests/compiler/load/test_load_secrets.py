"""Tokens and keys in files are errors that never repeat them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.front import load_text

from inferc.compiler.load.secrets import SHOWN, secrets_in
from inferc.dsl import SourceFile


def fake(start: str, length: int) -> str:
    """Return something that looks like a secret and is none."""
    return start + ("Ab0" * length)[:length]


SECRETS = {
    fake("hf_", 34): "a token of Hugging Face",
    fake("AKIA", 16).upper(): "an access key of AWS",
    fake("ASIA", 16).upper(): "an access key of AWS",
    fake("sk-proj-", 40): "a key of OpenAI or Anthropic",
    fake("sk-ant-api03-", 40): "a key of OpenAI or Anthropic",
    fake("ghp_", 36): "a token of GitHub",
    fake("github_pat_", 60): "a token of GitHub",
    fake("glpat-", 20): "a token of GitLab",
    fake("nvapi-", 64): "a key of NVIDIA",
    fake("xoxb-", 40): "a token of Slack",
    fake("AIza", 35): "a key of Google",
    "-----BEGIN RSA PRIVATE KEY-----": "a private key",
    "-----BEGIN PRIVATE KEY-----": "a private key",
}

HARMLESS = (
    "hf_token",
    "hf-token",
    "AKIA",
    "sk-learn-is-a-library-for-python",
    "task-0123456789012345678901234567890",
    "meta-llama/Meta-Llama-3-70B-Instruct",
    "5f0b02c75b57c5855da9ae460ce51323ea669d8a",
    "sha256:" + "0123456789abcdef" * 4,
    "-----BEGIN CERTIFICATE-----",
)


@pytest.mark.parametrize(("secret", "what"), SECRETS.items())
@pytest.mark.parametrize("line", ["// {}", 'let x = "{}"', "/// see {}.", "{}"])
def test_a_secret_is_an_error_wherever_it_stands(line: str, secret: str, what: str):
    text = f"infer 1\n\n{line.format(secret)}\n"
    found = [item for item in load_text(text).diagnostics if item.code == "INF198"]
    assert [(item.message, item.span.line) for item in found if item.span] == [
        (f"this looks like {what}", 3)
    ]


@pytest.mark.parametrize("secret", SECRETS)
def test_the_secret_itself_is_in_nothing_that_is_shown(secret: str):
    (found,) = secrets_in(SourceFile("t.infer", f'let x = "{secret}"\n'))
    assert found.span is not None
    shown = [found.message, found.label, found.help or "", *found.notes, found.span.source.text]
    assert not any(secret[SHOWN + 1 :] in text for text in shown)
    assert found.span.text.startswith(secret[:SHOWN])
    assert found.span.column == len('let x = "') + 1


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_begins_like_one_is_none(text: str):
    assert list(secrets_in(SourceFile("t.infer", f"// {text} {text}\n"))) == []


def test_an_imported_file_is_looked_at_as_well():
    secret = fake("hf_", 34)
    loaded = load_text('infer 1\nimport "./a.infer" as a\n', {"a.infer": f"infer 1\n// {secret}\n"})
    assert [(str(item.span), item.code) for item in loaded.diagnostics] == [
        ("a.infer:2:4", "INF198")
    ]


@given(st.text(max_size=200), st.sampled_from(sorted(SECRETS)), st.text(max_size=200))
@settings(deadline=None)
def test_places_are_those_of_the_real_text(before: str, secret: str, after: str):
    text = f"{before} {secret} {after}"
    places = {
        (item.span.start, item.span.end) for item in secrets_in(SourceFile("t", text)) if item.span
    }
    start = len(before) + 1
    assert (start, start + len(secret)) in places
    for item in secrets_in(SourceFile("t", text)):
        assert item.span is not None
        assert len(item.span.source.text) == len(text)
