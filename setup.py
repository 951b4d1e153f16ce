"""Give the top-level folders their import names: ``dsl/`` is ``inferc.dsl``, and so on."""

from setuptools import find_packages, setup

FOLDERS = ("compiler", "dsl", "stdlib", "targets")


def packages_below(*names: str) -> list[str]:
    """Return the packages called one of ``names``, and those inside them."""
    return find_packages(include=[pattern for name in names for pattern in (name, f"{name}.*")])


LINKED = {f"inferc.{name}" for name in packages_below(*FOLDERS)}
OWN = {
    name
    for name in packages_below("inferc")
    if not name.startswith(tuple(f"inferc.{folder}" for folder in FOLDERS))
}

setup(
    package_dir={"inferc": "inferc", **{f"inferc.{folder}": folder for folder in FOLDERS}},
    packages=sorted(LINKED | OWN),
)
