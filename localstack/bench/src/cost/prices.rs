//! What AWS asks for it.

use clap::Args;

use crate::arguments::amount;
use crate::trigger::Invocations;

/// In dollars. The defaults are list prices of us-east-1 for arm64 as of 2025, without the free tier and discounts.
#[derive(Debug, Clone, Args)]
pub(crate) struct Prices {
    /// A GB-second of Lambda
    #[arg(long, default_value_t = 0.000_013_333_4, value_parser = amount)]
    pub(crate) gb_second: f64,
    /// A million invocations of Lambda
    #[arg(long, default_value_t = 0.20, value_parser = amount)]
    pub(crate) million_requests: f64,
    /// A million requests to the HTTP API
    #[arg(long, default_value_t = 1.00, value_parser = amount)]
    pub(crate) million_http_requests: f64,
    /// What an hour costs whatever comes: brokers, the database, NAT and whatever else
    #[arg(long, value_parser = amount)]
    pub(crate) hour: Option<f64>,
}

/// What is to be paid, in dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// For Lambda's time.
    pub(crate) time: f64,
    /// For its invocations.
    pub(crate) requests: f64,
    /// For the HTTP API.
    pub(crate) http: f64,
}

impl Cost {
    pub(crate) fn total(self) -> f64 {
        self.time + self.requests + self.http
    }
}

impl Prices {
    /// What some invocations cost.
    pub(crate) fn cost(&self, invocations: &Invocations) -> Cost {
        Cost {
            time: invocations.gb_seconds() * self.gb_second,
            requests: invocations.count / 1e6 * self.million_requests,
            http: invocations.http_requests() / 1e6 * self.million_http_requests,
        }
    }
}
