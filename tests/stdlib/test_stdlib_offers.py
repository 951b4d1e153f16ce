"""Prices of others: each lies where its subject lies, and is one that somebody could ask."""

import re

import pytest

from inferc import stdlib
from inferc.compiler.units import from_unit

APIS = stdlib.all_entries("prices.api")
SERVERLESS = stdlib.all_entries("prices.serverless")
AMOUNT = re.compile(r"^  (\w+) += +\$([\d.]+)/(\w+)$", re.MULTILINE)
AMOUNT_OF_OFFER = re.compile(r"^    (\w+) += +\$([\d.]+)/(\w+)$", re.MULTILINE)


def dollars(path: str) -> dict[str, float]:
    """Return the prices of an entry by field, in dollars for a token or a second."""
    text = stdlib.read(path)
    assert text is not None
    return {name: from_unit(float(value), f"/{unit}") for name, value, unit in AMOUNT.findall(text)}


@pytest.mark.parametrize("path", APIS)
def test_a_price_by_the_token_is_that_of_a_model_of_the_catalog(path: str) -> None:
    model = path.removeprefix("prices.api.").rpartition(".")[0]
    assert stdlib.read(f"catalog.models.{model}") is not None
    prices = dollars(path)
    assert set(prices) == {"input", "output"}
    for value in prices.values():
        assert from_unit(0.005, "/Mtok") <= value <= from_unit(20, "/Mtok")


@pytest.mark.parametrize("path", SERVERLESS)
def test_a_price_by_the_second_is_that_of_hardware_of_the_catalog(path: str) -> None:
    hardware = path.removeprefix("prices.serverless.").rpartition(".")[0]
    assert stdlib.read(f"catalog.{hardware}") is not None
    price = dollars(path)["price"]
    assert from_unit(0.3, "/h") <= price <= from_unit(15, "/h")


@pytest.mark.parametrize("path", [*APIS, *SERVERLESS])
def test_a_price_says_where_it_is_from(path: str) -> None:
    text = stdlib.read(path)
    assert text is not None
    assert "@source(" in text
    assert "as_of = 2026-" in text
    assert "https://" in text


def test_there_are_offers_for_the_models_and_hardware_that_people_ask_for() -> None:
    models = {path.split(".")[3] for path in APIS}
    assert models >= {"llama_3_1_8b_instruct", "llama_3_3_70b_instruct", "gpt_oss_120b"}
    hardware = {path.split(".")[4] for path in SERVERLESS}
    assert hardware >= {"l4", "l40s", "a100_80gb_sxm", "h100_80gb_sxm", "h200_141gb_sxm"}


@pytest.mark.parametrize("path", stdlib.all_entries("prices.managed"))
def test_a_managed_machine_is_one_of_the_catalog_and_dearer_than_the_bare_one(path: str) -> None:
    name = path.removeprefix("prices.managed.")
    assert stdlib.read(f"catalog.instance.{name}") is not None
    listed = stdlib.read(f"prices.{name}")
    assert listed is not None
    bare = {price for field, price, _ in AMOUNT_OF_OFFER.findall(listed) if field == "on_demand"}
    text = stdlib.read(path)
    assert text is not None
    assert "@source(" in text
    for _, price, unit in AMOUNT_OF_OFFER.findall(text):
        assert unit == "h"
        assert float(price) > min(float(one) for one in bare)
