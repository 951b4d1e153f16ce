"""What pods ask for where accelerators are shared."""

import pytest

from inferc.targets.sharing import resource_name

# mode, profile, resource (README of NVIDIA's device plugin)
NAMES = [
    ("whole", "", "nvidia.com/gpu"),
    ("mig", "2g.20gb", "nvidia.com/mig-2g.20gb"),
    ("mig", "1g.10gb+me", "nvidia.com/mig-1g.10gb.me"),
    ("time_slice", "", "nvidia.com/gpu.shared"),
]


@pytest.mark.parametrize(("mode", "profile", "expected"), NAMES)
def test_each_way_of_sharing_has_its_resource(mode: str, profile: str, expected: str) -> None:
    assert resource_name("nvidia.com/gpu", mode=mode, profile=profile) == expected
