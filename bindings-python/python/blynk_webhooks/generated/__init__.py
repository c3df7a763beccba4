# Written by `cargo run -p xtask -- generate` from the tables in core/src/surface; do not edit.
"""Derived from the core's tables."""
