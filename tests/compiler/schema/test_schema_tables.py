from inferc.compiler.schema import (
    CONSTRUCTORS_BY_NAME,
    FACTS,
    FILE_PARTS,
    KINDS,
    METRICS_BY_NAME,
    Type,
)

FIELDS = {
    f"{kind.name}.{field.name}": field for kind in KINDS.values() for field in kind.fields.values()
}


def inside(item: Type) -> list[Type]:
    return [item, *(deeper for one in item.of for deeper in inside(one))]


def test_every_type_says_what_its_form_needs() -> None:
    assert [name for name, field in FIELDS.items() if not field.types] == []
    types = [one for field in FIELDS.values() for one in field.types]
    for item in (deeper for one in types for deeper in inside(one)):
        match item.form:
            case "ref" | "multiple" | "entry":
                assert item.kinds
                assert set(item.kinds) <= set(KINDS)
            case "list" | "range" | "record":
                assert item.of
            case "call":
                assert item.calls
                assert set(item.calls) <= set(CONSTRUCTORS_BY_NAME)
            case _:
                pass


def test_every_field_has_a_sentence() -> None:
    assert [name for name, field in FIELDS.items() if not field.doc.endswith(".")] == []


def test_parts_are_kinds() -> None:
    assert {part for kind in KINDS.values() for part in kind.parts} <= set(KINDS)
    assert set(FILE_PARTS) <= set(KINDS)
    assert set(FACTS) <= set(FILE_PARTS)


def test_every_kind_can_stand_somewhere() -> None:
    reachable = set(FILE_PARTS) | {part for kind in KINDS.values() for part in kind.parts}
    supported = {name for name, kind in KINDS.items() if kind.status == "supported"}
    assert supported <= reachable


def test_a_field_and_a_part_of_one_kind_have_different_names() -> None:
    for kind in KINDS.values():
        assert not set(kind.fields) & set(kind.parts)


def test_what_a_planner_decides_is_never_required_but_where_it_may_look_for_hardware() -> None:
    planned = [f for kind in KINDS.values() for f in kind.fields.values() if f.owner == "planner"]
    assert planned
    assert {field.name for field in planned if field.required} == {"on"}


def test_what_is_for_later_is_never_required() -> None:
    for kind in KINDS.values():
        assert not any(field.required for field in kind.fields.values() if field.status == "later")


def test_times_have_percentiles_and_shares_have_none() -> None:
    for metric in METRICS_BY_NAME.values():
        is_time = [dimension.noun for dimension in metric.dimensions] == ["a duration"]
        assert metric.percentile is is_time
