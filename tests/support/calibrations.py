"""Calibrations: texts to values, and a small one."""

from inferc.compiler.load import load
from inferc.compiler.model.calibration import Calibration, MeasuredCell
from inferc.compiler.model.calibration_block import calibration
from inferc.compiler.resolve import resolve
from inferc.dsl import SourceFile
from inferc.files.reader import DiskReader

SMALL = """infer 1

@source("Runs of our own, https://example.com/runs", as_of = 2026-11-21)
calibration ours {
  title  = "Our runs"
  fitted = 2026-11-21
  rows   = 4312

  typical {
    compute_efficiency = 0.5
    half_tok           = 100 tok
    step_overhead_s    = 600us
    frontend_tok_s     = 2us/tok
  }

  of_engine llama_cpp {
    step_overhead_s = 4
  }

  of_engine vllm {
    compute_efficiency = 1.1

    measured {
      h100_80gb_sxm = {
        fp16 = ["llama_3_1_8b_instruct"]
        fp8  = ["llama_3_1_8b_instruct", "llama_3_70b_instruct"]
      }
      mi300x = { fp16 = ["llama_3_70b_instruct"] }
    }
  }

  of_engine vllm_v0_served {
    step_overhead_s = 3
  }

  of_architecture "CDNA 3" {
    accelerators = ["mi300x"]
  }

  of_architecture Hopper {
    compute_efficiency = 0.8
    accelerators       = ["h100_80gb_sxm"]
  }

  intervals {
    measured_closed_ttft = interval(low = 0.82, high = 1.2, rows = 431)
    ttft                 = interval(low = 0.5, high = 2)
  }

  residuals {
    all = { ttft = { rows = 431, median_ape = 0.12, bias = -0.03 } }
  }
}
"""
"""A calibration in the one style, with something of everything."""

CELLS = frozenset(
    {
        MeasuredCell("vllm", "Hopper", "h100_80gb_sxm", "llama_3_1_8b_instruct", "fp16"),
        MeasuredCell("vllm", "Hopper", "h100_80gb_sxm", "llama_3_1_8b_instruct", "fp8"),
        MeasuredCell("vllm", "Hopper", "h100_80gb_sxm", "llama_3_70b_instruct", "fp8"),
        MeasuredCell("vllm", "CDNA 3", "mi300x", "llama_3_70b_instruct", "fp16"),
    }
)
"""What it was measured of."""


def read_calibration(text: str, name: str = "ours") -> Calibration:
    """Return the calibration ``name`` that ``text`` holds, whose blocks must be right."""
    found = resolve(load(SourceFile("ours.infer", text), DiskReader()))
    assert {item.code for item in found.diagnostics} <= {"INF138"}, found.diagnostics
    return calibration(found.resolved.catalog[name])
