"""Give the top-level folders their import names: ``dsl/`` is ``inferc.dsl``, and so on."""

import shutil
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

FOLDERS = ("compiler", "dsl", "stdlib", "targets")


class BuildPackages(build_py):
    """Copies the packages into an empty folder: no file of an earlier build gets into a wheel."""

    def run(self) -> None:
        """Build the packages, and the tables of the grammar into them."""
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        if not self.editable_mode:
            write_grammar_tables(Path(self.build_lib))


def write_grammar_tables(build_lib: Path) -> None:
    """Write the finished parser of the language, which would take long at each start."""
    root = Path(__file__).resolve().parent
    sys.path.insert(0, str(root))
    try:
        import inferc

        inferc.__path__.append(str(root))  # finds inferc.dsl in a checkout without links too
        from inferc.dsl.parser import GRAMMAR_FILE, TABLES_FILE, to_tables
    finally:
        sys.path.remove(str(root))
    grammar = (root / "dsl" / GRAMMAR_FILE).read_text(encoding="utf-8")
    (build_lib / "inferc" / "dsl" / TABLES_FILE).write_text(to_tables(grammar), encoding="utf-8")


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
