"""Facts of a model that do not fit together, each said once where it stands."""

import pytest
from support.models import complaints, service_of

SOUND = {
    "title": '"Ours"',
    "layers": "32",
    "hidden": "4096",
    "intermediate": "14336",
    "heads": "32",
    "kv_heads": "8",
    "head_dim": "128",
    "vocabulary": "128256",
    "context": "8192 tok",
}
LATENT = {
    "kv_lora_rank": "512",
    "qk_nope_head_dim": "128",
    "qk_rope_head_dim": "64",
    "v_head_dim": "128",
}
MIXTURE = {"experts": "8", "experts_per_token": "2"}
STATE = {"state_layers": "24", "state_parameters": "67M", "state_elements": "500k"}
WINDOW = {"window_layers": "16", "window": "4096 tok"}


def facts(**changes: str) -> str:
    """Return an `llm` block; an empty value takes its field away."""
    stated = {name: value for name, value in (SOUND | changes).items() if value}
    return "llm ours {\n" + "\n".join(f"    {n} = {v}" for n, v in stated.items()) + "\n  }"


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        (WINDOW | {"window": ""}, "INF159", "window_layers"),
        (WINDOW | {"window_layers": ""}, "INF159", "window"),
        (LATENT | {"qk_rope_head_dim": ""}, "INF159", "kv_lora_rank"),
        (LATENT | {"qk_nope_head_dim": "", "v_head_dim": ""}, "INF159", "kv_lora_rank"),
        ({"q_lora_rank": "1536"}, "INF159", "q_lora_rank"),
        ({"experts_per_token": "2"}, "INF159", "experts_per_token"),
        ({"shared_intermediate": "2048"}, "INF159", "shared_intermediate"),
        (MIXTURE | {"dense_layers": "3"}, "INF159", "dense_layers"),
        (MIXTURE | {"dense_intermediate": "3"}, "INF159", "dense_intermediate"),
        (STATE | {"state_elements": ""}, "INF159", "state_layers"),
        (STATE | {"state_layers": "", "state_elements": ""}, "INF159", "state_parameters"),
        ({"experts": "8", "experts_per_token": "9"}, "INF160", "experts_per_token"),
        ({"mlp_layers": "33"}, "INF160", "mlp_layers"),
        (STATE | {"state_layers": "40"}, "INF160", "state_layers"),
        (WINDOW | {"window_layers": "33"}, "INF160", "window_layers"),
        (WINDOW | STATE, "INF160", "window_layers"),
        (STATE | {"mlp_layers": "10"}, "INF160", "mlp_layers"),
        (MIXTURE | {"dense_layers": "40", "dense_intermediate": "8"}, "INF160", "dense_layers"),
        ({"kv_heads": "64"}, "INF156", "kv_heads"),
    ],
)
def test_what_does_not_fit_is_said_once(changes: dict[str, str], code: str, named: str) -> None:
    found = complaints(facts=facts(**changes), source="ours")
    assert [item.code for item in found] == [code]
    (item,) = found
    assert item.span is not None
    assert named in item.span.source.line(item.span.line)
    assert item.help


@pytest.mark.parametrize(
    "changes",
    [
        {},
        WINDOW,
        LATENT,
        LATENT | {"q_lora_rank": "1536"},
        MIXTURE,
        MIXTURE | {"dense_layers": "3", "dense_intermediate": "18432"},
        MIXTURE | {"shared_intermediate": "2048"},
        STATE,
        STATE | {"mlp_layers": "4"},
        {"mlp": "plain", "attention_gate": "true"},
    ],
)
def test_what_fits_is_silent(changes: dict[str, str]) -> None:
    assert complaints(facts=facts(**changes), source="ours") == ()


def test_parameters_are_counted_where_no_line_states_them() -> None:
    model = service_of(facts=facts(), source="ours").model
    assert model.parameters.value == 8_030_261_248
    assert model.parameters.text == "8.03B"
    stated = service_of(facts=facts(parameters="8.03B"), source="ours").model
    assert stated.parameters.value == 8.03e9


def test_a_vision_tower_is_no_mistake() -> None:
    (item,) = complaints(facts=facts(parameters="9B"), source="ours")
    assert item.code == "INF157"
    tower = facts(parameters="9B", other_parameters="900M")
    assert complaints(facts=tower, source="ours") == ()
    counted = service_of(facts=facts(other_parameters="900M"), source="ours").model
    assert counted.parameters.value == 8_930_261_248


def test_every_field_reaches_the_model() -> None:
    changes = (
        MIXTURE
        | LATENT
        | {
            "dense_layers": "3",
            "dense_intermediate": "18432",
            "shared_intermediate": "2048",
            "q_lora_rank": "1536",
            "prediction_layers": "1",
            "dtype": "nvfp4",
            "mlp": "plain",
            "attention_gate": "true",
        }
    )
    model = service_of(facts=facts(**changes), source="ours").model
    assert (model.kv_lora_rank, model.q_lora_rank, model.v_head_dim) == (512, 1536, 128)
    assert (model.qk_nope_head_dim, model.qk_rope_head_dim) == (128, 64)
    assert (model.dense_layers, model.dense_intermediate) == (3, 18432)
    assert (model.shared_intermediate, model.prediction_layers) == (2048, 1)
    assert (model.published, model.mlp_matrices, model.attention_gate) == ("nvfp4", 2, True)
    hybrid = service_of(facts=facts(**STATE, mlp_layers="4"), source="ours").model
    assert (hybrid.state_layers, hybrid.state_parameters) == (24, 67_000_000)
    assert (hybrid.mlp_layers, hybrid.attention_layers) == (4, 4)
    windowed = service_of(facts=facts(**WINDOW), source="ours").model
    assert (windowed.window_layers, windowed.window_tok) == (16, 4096)
