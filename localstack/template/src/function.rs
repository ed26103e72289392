//! `AWS::Serverless::Function`, with `Globals.Function` underneath.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::error::Refusal;
use crate::parameters::Parameters;
use crate::properties::{Node, Properties};
use crate::{Function, events};

/// What `Globals.Function` may give to every function.
const SHARED: &[&str] = &["Timeout", "MemorySize", "ReservedConcurrentExecutions", "Environment"];
const OWN: &[&str] =
    &["FunctionName", "Timeout", "MemorySize", "ReservedConcurrentExecutions", "Environment", "Events"];

/// How it is packaged and placed, and what it may reach in AWS: nothing of this exists locally.
const IGNORED: &[&str] = &[
    "Architectures",
    "CodeUri",
    "Description",
    "Handler",
    "Layers",
    "LoggingConfig",
    "Policies",
    "Role",
    "Runtime",
    "Tags",
    "Tracing",
    "VpcConfig",
];

/// What Lambda takes where the template says nothing: SAM's own defaults.
const TIMEOUT_SECONDS: u64 = 3;
const MEMORY_MB: u32 = 128;

pub(crate) fn globals<'a>(section: &Node<'a>) -> Result<Option<Properties<'a>>, Refusal> {
    let sections = section.properties(&["Function"], &[])?;
    sections.get("Function").map(|function| function.properties(SHARED, IGNORED)).transpose()
}

pub(crate) fn read(
    logical_id: &str,
    properties: &Node<'_>,
    globals: Option<&Properties<'_>>,
    parameters: &Parameters,
) -> Result<Function, Refusal> {
    let own = properties.properties(OWN, IGNORED)?;
    let either = |name| own.get(name).or_else(|| globals.and_then(|globals| globals.get(name)));
    let mut function = Function {
        logical_id: logical_id.to_owned(),
        name: name(own.required("FunctionName")?, parameters)?,
        timeout: Duration::from_secs(
            either("Timeout").map_or(Ok(TIMEOUT_SECONDS), |node| parameters.number(node, 1..=900))?,
        ),
        memory_mb: either("MemorySize").map_or(Ok(MEMORY_MB), |node| parameters.number(node, 128..=10_240))?,
        concurrency: either("ReservedConcurrentExecutions")
            .map(|node| parameters.number(node, 0..=100_000))
            .transpose()?,
        environment: BTreeMap::new(),
        deployed: BTreeSet::new(),
        routes: Vec::new(),
        mappings: Vec::new(),
        schedules: Vec::new(),
    };
    let shared = globals.and_then(|globals| globals.get("Environment"));
    for node in [shared, own.get("Environment")].into_iter().flatten() {
        add_variables(&mut function, node, parameters)?;
    }
    if let Some(node) = own.get("Events") {
        for (name, event) in node.entries()? {
            events::read(&mut function, name, &event, parameters)?;
        }
    }
    Ok(function)
}

/// A folder, package and binary have the same name, so it has only what all of them may have.
fn name(node: &Node<'_>, parameters: &Parameters) -> Result<String, Refusal> {
    let name = parameters.text(node)?;
    if name.is_empty() || name.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'-' && byte != b'_') {
        return node.refuse(format!("`{name}` is not a function's name: use letters, digits, - and _"));
    }
    Ok(name)
}

fn add_variables(function: &mut Function, node: &Node<'_>, parameters: &Parameters) -> Result<(), Refusal> {
    let node = node.properties(&["Variables"], &[])?;
    for (name, value) in node.required("Variables")?.entries()? {
        // A function's own value replaces the shared one, even where only a deployment knows it.
        function.environment.remove(name);
        function.deployed.remove(name);
        if let Some(value) = parameters.variable(&value)? {
            function.environment.insert(name.to_owned(), value);
        } else {
            function.deployed.insert(name.to_owned());
        }
    }
    Ok(())
}
