//! A host with real processes, from outside.

mod http;
mod invoke;
mod lifecycle;
mod support;
