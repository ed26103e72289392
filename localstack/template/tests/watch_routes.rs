//! `cargo lambda watch` has its routes in the root `Cargo.toml`; they are the template's.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use template::Template;

type Routes = BTreeSet<(String, String, String)>;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn template_routes() -> Routes {
    let template = Template::read(&root().join("infra/template.yaml")).unwrap();
    let of = |function: template::Function| {
        let name = function.name;
        function.routes.into_iter().map(move |route| (route.path, route.method, name.clone()))
    };
    template.functions.into_iter().flat_map(of).collect()
}

fn watch_routes() -> Routes {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let router = metadata["metadata"]["lambda"]["watch"]["router"].as_object().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    router
        .iter()
        .flat_map(|(path, targets)| targets.as_array().unwrap().iter().map(move |target| (path, target)))
        .map(|(path, target)| (path.clone(), text(&target["method"]), text(&target["function"])))
        .collect()
}

#[test]
fn a_route_that_watch_and_the_template_do_not_share_is_found() {
    let (template, watch) = (template_routes(), watch_routes());
    assert!(!template.is_empty());
    let only_template: Vec<_> = template.difference(&watch).collect();
    let only_watch: Vec<_> = watch.difference(&template).collect();
    assert!(
        only_template.is_empty() && only_watch.is_empty(),
        "[workspace.metadata.lambda.watch.router] in Cargo.toml lacks {only_template:?} of infra/template.yaml, \
         and has {only_watch:?} too many"
    );
}
