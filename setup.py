"""Give the top-level folders their import names: ``dsl/`` is ``inferc.dsl``, and so on."""

import shutil

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

FOLDERS = ("compiler", "dsl", "stdlib", "targets")


class BuildPackages(build_py):
    """Copies the packages into an empty folder: no file of an earlier build gets into a wheel."""

    def run(self) -> None:
        """Build the packages."""
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


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
    cmdclass={"build_py": BuildPackages},
    package_dir={"inferc": "inferc", **{f"inferc.{folder}": folder for folder in FOLDERS}},
    packages=sorted(LINKED | OWN),
)
