//! `cargo lambda watch` with the template's functions.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use template::Template;
use tokio::process::Command;

/// Where the functions are served.
pub(crate) const ADDRESS: &str = "127.0.0.1";

/// The command that compiles and serves them, in the folder `root`.
pub(crate) fn watch(root: &Path, template: &Template, port: u16) -> anyhow::Result<Command> {
    let installed = root.join(".tools/venv/bin/cargo-lambda");
    let mut command = Command::new(if installed.exists() { installed } else { "cargo-lambda".into() });
    let this = std::env::current_exe().context("cannot find this program")?;
    command
        .args(["lambda", "watch", "--invoke-address", ADDRESS, "--invoke-port", &port.to_string()])
        // Without it a call of a function that has crashed waits for ever.
        .args(["--timeout", &longest(template).to_string()])
        .args(["--config", &runner(&this)])
        // The deployed API has none of these headers.
        .arg("--disable-cors")
        .envs(variables(root, template)?)
        .current_dir(root);
    Ok(command)
}

/// What `cargo run` starts a function with.
fn runner(this: &Path) -> String {
    let this = this.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    format!("target.'cfg(all())'.runner=[\"{this}\", \"label\"]")
}

/// Nobody wants to wait longer for a function that has crashed; what may take minutes when it is deployed does not here.
const MOST: u64 = 120;

/// Seconds that the slowest function may take which is called again and again.
fn longest(template: &Template) -> u64 {
    let called = template
        .functions
        .iter()
        .filter(|each| !each.routes.is_empty() || !each.mappings.is_empty() || !each.schedules.is_empty());
    called.map(|function| function.timeout.as_secs()).max().map_or(60, |seconds| seconds.min(MOST))
}

/// The relay looks once and ends: what is killed by a change of a file is missed until its time limit is over, and the relay
/// would otherwise always run.
const RELAY: (&str, &str) = ("OUTBOX_RELAY_SECONDS", "0");

/// The variables of all functions: here they share one environment.
fn variables(root: &Path, template: &Template) -> anyhow::Result<BTreeMap<String, String>> {
    let ours = [(RELAY.0.to_owned(), RELAY.1.to_owned())];
    let of_template = template.functions.iter().flat_map(|function| function.environment.clone());
    Ok(ours
        .into_iter()
        .chain(of_template)
        .chain(stack::environment::of_functions(root, &template.functions)?)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_quotes_stays_one_argument() {
        assert_eq!(runner(Path::new("/a \"b\"/dev")), r#"target.'cfg(all())'.runner=["/a \"b\"/dev", "label"]"#);
    }
}
