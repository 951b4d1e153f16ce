"""The vllm-stack target."""
