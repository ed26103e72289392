//! What `infra/monitoring` and `docs/operations.md` name is held against each other, and against what the built functions answer.
//! `make test` builds the functions first.

mod exposed;
mod fields;
mod named;
mod system;
