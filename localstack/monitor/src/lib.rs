#![doc = include_str!("../README.md")]

mod check;
mod expression;
mod files;
mod prometheus;
mod yaml;

pub use check::check;
pub use expression::{Selector, selectors};
pub use files::{Alert, Documented, Tested, alerts, dashboard_expressions, documented, headings, tested_alerts};
pub use prometheus::run;
