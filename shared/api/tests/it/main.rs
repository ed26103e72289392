//! Who is let in by a key, on a real PostgreSQL.

mod gateway;
mod keys;
mod last_use;
mod pages;
mod routes;
mod secrecy;
mod shop;
