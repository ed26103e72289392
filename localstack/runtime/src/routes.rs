//! Which function answers a request, by the routes of the template.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use matchit::Router;
use template::Function;

use crate::config::METRICS_PATH;

/// A route that matched a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Matched<'a> {
    pub(crate) function: &'a str,
    /// As API Gateway names the route: `GET /api/links/{code}`.
    pub(crate) key: &'a str,
    /// The path's parameters, still percent-encoded.
    pub(crate) parameters: Vec<(String, String)>,
}

struct Target {
    function: String,
    key: String,
}

/// The routes of all functions: one table for each method, and one for those that take any.
#[derive(Default)]
pub(crate) struct Routes(BTreeMap<String, Router<Target>>);

impl Routes {
    pub(crate) fn of(functions: &[Function]) -> anyhow::Result<Self> {
        let mut routes = Self::default();
        for function in functions {
            for route in &function.routes {
                let method = route.method.to_ascii_uppercase();
                let key = format!("{method} {}", route.path);
                let target = Target { function: function.name.clone(), key: key.clone() };
                let conflict = || format!("cannot route `{key}` to {}", function.name);
                routes.0.entry(method).or_default().insert(pattern(&route.path), target).with_context(conflict)?;
            }
        }
        if let Some(Matched { function, key, .. }) = routes.find("GET", METRICS_PATH) {
            bail!("cannot route `{key}` to {function}: {METRICS_PATH} is the host's own");
        }
        Ok(routes)
    }

    /// The route for a request: one that names the method goes before one for any method.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Matched<'_>> {
        let found = [method, "ANY"].into_iter().find_map(|method| self.0.get(method)?.at(path).ok())?;
        let parameters = found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Matched { function: &found.value.function, key: &found.value.key, parameters })
    }
}

/// API Gateway writes `{rest+}` for what the router calls `{*rest}`.
fn pattern(path: &str) -> String {
    match path.rsplit_once('{') {
        Some((start, last)) if last.ends_with("+}") => format!("{start}{{*{}}}", last.trim_end_matches("+}")),
        _ => path.to_owned(),
    }
}
