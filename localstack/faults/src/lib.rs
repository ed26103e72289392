//! Whole-path tests alone: see `tests/whole_path`.
