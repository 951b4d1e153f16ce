"""Words to design: free text about model, workload and hardware to the text of a file.

words = build("Llama 3 70B, FP16", "1000 requests per minute", "8x A100 80GB")
words.text
"""

from inferc.compiler.words.build import HARDWARE, MODEL, WORKLOAD, Words, build

__all__ = ["HARDWARE", "MODEL", "WORKLOAD", "Words", "build"]
