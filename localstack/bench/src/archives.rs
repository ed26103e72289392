//! How large the archives are that are deployed.

use std::path::Path;

use template::Template;

use crate::results::{Bar, Results};

/// Says how large each archive is, where they were built.
#[expect(clippy::cast_precision_loss, reason = "some megabytes")]
pub(crate) fn run(root: &Path, template: &Template, results: &mut Results) {
    results.heading("The archives for arm64");
    let size =
        |name: &str| std::fs::metadata(root.join(format!("target/lambda/{name}/bootstrap.zip"))).map(|file| file.len());
    let sizes: Vec<(f64, &str)> = template
        .functions
        .iter()
        .filter_map(|function| Some((size(&function.name).ok()? as f64 / 1e6, function.name.as_str())))
        .collect();
    if sizes.len() < template.functions.len() {
        results
            .say("Not all archives are there: run `make build` first, which takes some minutes, and then this again");
    }
    let Some((largest, name)) = sizes.iter().copied().max_by(|one, other| one.0.total_cmp(&other.0)) else {
        return;
    };
    let each: Vec<String> = sizes.iter().map(|(size, name)| format!("{name} {size:.2}")).collect();
    results.say(&format!("In MB: {}", each.join(", ")));
    results.figure("archives.largest_mb", largest);
    results.judge(&format!("The largest of {} archives ({name})", sizes.len()), largest, "MB", Bar::Below(6.0));
}
