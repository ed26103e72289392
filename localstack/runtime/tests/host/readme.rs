//! What the README says is shown by tests is.

use std::path::Path;

#[test]
fn every_test_that_the_readme_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    for folder in ["tests/host", "../faults/tests/whole_path"] {
        let paths = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        for file in paths.filter(|path| path.is_file()) {
            code += &std::fs::read_to_string(file).unwrap();
        }
    }
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let named: Vec<&str> = readme.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() > 3).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let is_other = name.starts_with("lambda_") || name.starts_with("outbox_");
        assert!(is_other || code.contains(&format!("fn {name}(")), "there is no test {name}");
    }
}
