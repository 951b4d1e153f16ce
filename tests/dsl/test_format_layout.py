"""Before and after: what the formatter does to a text, one rule at a time."""

from textwrap import dedent

import pytest

from inferc.dsl import SourceFile, format_module, has_errors, parse

LONG = "x" * 60


def formatted(text: str) -> str:
    parsed = parse(SourceFile("test.infer", text))
    assert not has_errors(parsed.diagnostics), parsed.diagnostics
    return format_module(parsed.module)


CASES = {
    "indentation is two spaces": (
        """
        service chat {
              load {
            rate = 1 req/s
                }
        }
        """,
        """
        service chat {
          load {
            rate = 1 req/s
          }
        }
        """,
    ),
    "equals signs are aligned in a run of single-line fields": (
        """
        model llama {
          source = cat.llama
          precision = fp16
          nodes in 1..8
          a=1

          gpu = 8 * cat.gpu.a100
        }
        """,
        """
        model llama {
          source    = cat.llama
          precision = fp16
          nodes in 1..8
          a         = 1

          gpu = 8 * cat.gpu.a100
        }
        """,
    ),
    "a field of several lines ends a run": (
        """
        a = 1
        long_name = {
          k = 1
          long_key = 2
        }
        bb = 2
        """,
        """
        a = 1
        long_name = {
          k        = 1
          long_key = 2
        }
        bb = 2
        """,
    ),
    "a comment does not end a run": (
        "a = 1\n# between\nlong = 2\n",
        "a    = 1\n# between\nlong = 2\n",
    ),
    "no run is aligned beyond the width": (
        f'a = "{LONG}xxxxxxxxxxxxxxxxxxxxx"\nname_of_sixteen_ = 1\n',
        f'a = "{LONG}xxxxxxxxxxxxxxxxxxxxx"\nname_of_sixteen_ = 1\n',
    ),
    "one line stays one line, several stay several": (
        """
        load { rate = 1 req/s;shape=spiky; }
        load { rate = 1 req/s
          shape = spiky }
        """,
        """
        load { rate = 1 req/s; shape = spiky }
        load {
          rate  = 1 req/s
          shape = spiky
        }
        """,
    ),
    "a line that is too long is opened": (
        f'load {{ rate = 1 req/s; note = "{LONG}"; shape = spiky; peak = 3x }}\n',
        f"""
        load {{
          rate  = 1 req/s
          note  = "{LONG}"
          shape = spiky
          peak  = 3x
        }}
        """,
    ),
    "statements on one line at the top go to lines of their own": (
        "a = 1; b = 2",
        "a = 1\nb = 2\n",
    ),
    "blank lines: one at most, none before a closing brace": (
        "\n\nb {\n\n\n  x = 1\n\n\n\n  y = 2\n\n}\n\n\n",
        "b {\n\n  x = 1\n\n  y = 2\n}\n",
    ),
    "empty bodies": ("b {\n\n}\nc { }\n", "b {}\nc {}\n"),
    "blanks around operators, none in ranges, calls, paths": (
        "x = ( a+b )*- c [ 0 ] . d ( 1,k=2 )\ny in 1 .. 8\na->b->  c\nz = c?1:2\n",
        "x = (a + b) * -c[0].d(1, k = 2)\ny in 1..8\na -> b -> c\nz = c ? 1 : 2\n",
    ),
    "literals are printed as they were written": (
        "a = 4_000 ktok/d\nb = 1M req/s\nc = 1000/min\nd = $0.60/Mtok\ne = 007\nf = 5 minutes\n",
        "a = 4_000 ktok/d\nb = 1M req/s\nc = 1000/min\nd = $0.60/Mtok\ne = 007\nf = 5 minutes\n",
    ),
    "redundant parentheses are the user's": ("a = ((b))\n", "a = ((b))\n"),
    "records take commas on one line and none on several": (
        """
        t = { a = 1; b = 2 }
        t = { a = 1,
          "b-c" = 2, }
        """,
        """
        t = { a = 1, b = 2 }
        t = {
          a     = 1
          "b-c" = 2
        }
        """,
    ),
    "a list that was opened stays open": (
        "x = [\n  1, 2]\ny = [1,\n  2]\n",
        "x = [\n  1,\n  2,\n]\ny = [1, 2]\n",
    ),
    "a list that is too long is opened": (
        f"x in [{LONG}, {LONG}]\n",
        f"x in [\n  {LONG},\n  {LONG},\n]\n",
    ),
    "a comprehension breaks at its joints": (
        f"x = [for i in {LONG} if i.ok: i.{LONG}]\n",
        f"x = [\n  for i in {LONG}\n  if i.ok:\n  i.{LONG}\n]\n",
    ),
    "clauses stand behind the value, or below it where it is too long": (
        f"""
        p95   ttft<=1s   at   cold over 7d   because "x"
          until 2026-12-31
        a = 1 because "{LONG}" confidence low
        """,
        f"""
        p95 ttft <= 1s at cold over 7d because "x" until 2026-12-31
        a = 1 because "{LONG}" confidence low
        """,
    ),
    "clauses that do not fit wrap": (
        f'chat.load.peak = 3x because "{LONG}" confidence low until 2026-12-31\n',
        f"""
        chat.load.peak = 3x
          because "{LONG}"
          confidence low
          until 2026-12-31
        """,
    ),
    "clauses follow the last line of a value of several": (
        'x = [\n  1, 2] because "y"\n',
        'x = [\n  1,\n  2,\n] because "y"\n',
    ),
    "else goes on behind the brace": (
        "if a { x = 1 }\nelse if b {\n y = 2 }\nelse {}\n",
        "if a { x = 1 } else if b {\n  y = 2\n} else {}\n",
    ),
    "imports are sorted within their run, dotted names first": (
        """
        infer 1
        import "./b.infer" { z,
          a }
        import std.guard as guard
        import std.catalog as cat

        import std.b
        import std.a // trailing
        # above
        import std.d
        import std.c
        """,
        """
        infer 1
        import std.catalog as cat
        import std.guard as guard
        import "./b.infer" { z, a }

        import std.b
        import std.a  // trailing
        # above
        import std.d
        import std.c
        """,
    ),
    "an import with a comment in it does not move": (
        'import "b" { x, /* why */ y }\nimport a\n',
        'import "b" { x, /* why */ y }\nimport a\n',
    ),
    "docs and decorators stay before their statement": (
        """
        ///  Doc.
        @allow( "INF203","measured" ) @doc("x") service   chat {}

        @doc("y") // why
        # between
        param x :string?="a" where  f( x )
        """,
        """
        ///  Doc.
        @allow("INF203", "measured")
        @doc("x")
        service chat {}

        @doc("y")  // why
        # between
        param x: string? = "a" where f(x)
        """,
    ),
    "types": (
        'param r:"a"|"b"  ="a"\nparam xs : [ string|int ] ?\n',
        'param r: "a" | "b" = "a"\nparam xs: [string | int]?\n',
    ),
    "comments stay where they are": (
        """
        # top
        b { # opening
            # own line
          x = 1 # trailing
          y = [ # list
            1 # one
            , 2, // two
            # end of list
          ] /* behind */ // more
          /* leading */ z = /* inner */ 3

          # end of body
        } // closing
        c {
          /* only */
        }
        d { /* inline */ }
        # end of file""",
        """
        # top
        b {  # opening
          # own line
          x = 1  # trailing
          y = [  # list
            1,  # one
            2,  // two
            # end of list
          ] /* behind */  // more
          /* leading */ z = /* inner */ 3

          # end of body
        }  // closing
        c {
          /* only */
        }
        d { /* inline */ }
        # end of file
        """,
    ),
    "a trailing comment makes no line too long": (
        f"x = [{LONG}]  // {LONG}\n",
        f"x = [{LONG}]  // {LONG}\n",
    ),
    "a comment before a clause keeps its line end": (
        'x = 1 # why\n  because "y"\n',
        'x = 1  # why\n  because "y"\n',
    ),
    "block comments of several lines are copied": (
        "b {\n/* one\n     two\n*/\nx = 1\n}\n",
        "b {\n  /* one\n     two\n*/\n  x = 1\n}\n",
    ),
    "strings of several lines are copied": (
        'b {\n   x = """one\n      two"""\n   y_long = 1\n}\n',
        'b {\n  x = """one\n      two"""\n  y_long = 1\n}\n',
    ),
    "line ends are LF": ("a = 1 # x\r\nb = 2\r\n", "a = 1  # x\nb = 2\n"),
    "tabs and trailing blanks go": ("a\t=\t1  \n", "a = 1\n"),
    "a statement that begins with the word of a clause keeps its separator": (
        "b {\n  a = 1; until = 2\n  }\n",
        "b {\n  a     = 1;\n  until = 2\n}\n",
    ),
    "a literal and a bracket are kept apart": ("x = (5 ms) [0]\n", "x = (5 ms)[0]\n"),
    "flows, removals, models from files": (
        'x->y{weight=95%}\nremove   p95  ttft\nmodel m from "a/config.json"{}\n',
        'x -> y { weight = 95% }\nremove p95 ttft\nmodel m from "a/config.json" {}\n',
    ),
    "a comment that documents nothing goes on documenting nothing": (
        "/// lost\n;\n\na = 1\n",
        "/// lost\n;\n\na = 1\n",
    ),
    "nothing": ("", ""),
    "only blanks": ("\n\n  \n", ""),
    "only a comment": ("  # x", "# x\n"),
    "only a comment behind a separator": ("; # x", "# x\n"),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES.keys())
def test_layout(before: str, after: str) -> None:
    before, after = (dedent(text).removeprefix("\n") for text in (before, after))
    after = after.rstrip(" ")
    assert formatted(before) == after
    assert formatted(after) == after


def test_depth_is_no_recursion() -> None:
    deep = "x = " + "[" * 150 + "1" + "]" * 150 + "\n"
    long = "x = " + " + ".join(["a"] * 5_000) + "\n"
    assert formatted(long) == long
    assert formatted(formatted(deep)) == formatted(deep)


def test_a_long_file() -> None:
    lines = "".join(
        f"b n{n} {{\n  a = [{n}, {n}]  # c\n  long = {{ x = 1, y = 2 }}\n}}\n" for n in range(500)
    )
    assert formatted(lines) == lines.replace("  a = [", "  a    = [")


def test_text_that_is_not_in_the_tree_is_not_guessed() -> None:
    parsed = parse(SourceFile("test.infer", "a = 1\n"))
    broken = SourceFile("test.infer", "a ~ 1\n")
    module = type(parsed.module)(source=broken, statements=(), comments=())
    with pytest.raises(ValueError, match="offset 2"):
        format_module(module)
