use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use anyhow::{Context as _, ensure};
use events::EventType;
use serde_json::Value;

use crate::compare::incompatibilities;
use crate::event_schema::{event_schema, file_name};
use crate::history::{Earlier, earlier};
use crate::openapi::openapi;
use crate::page::page;

/// Every document by its path in the checkout.
pub type Documents = BTreeMap<String, String>;

/// All documents, made anew. Needs a tokio runtime.
pub fn documents() -> anyhow::Result<Documents> {
    let schemas =
        EventType::ALL.into_iter().map(|event_type| (file_name(event_type), pretty(&event_schema(event_type))));
    let others = [("docs/events.md".to_owned(), page()), ("openapi.json".to_owned(), pretty(&openapi()?))];
    Ok(schemas.chain(others).collect())
}

fn pretty(json: &Value) -> String {
    format!("{json:#}\n")
}

/// Writes them.
pub fn write(root: &Path, documents: &Documents) -> anyhow::Result<()> {
    for (path, text) in documents {
        let path = root.join(path);
        let folder = path.parent().context("a document is in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Fails where the checkout has other documents, or a schema cannot follow an earlier one. Answers with what could not be checked.
pub fn check(root: &Path, documents: &Documents) -> anyhow::Result<Vec<String>> {
    let mut wrong = outdated(root, documents)?;
    let mut unchecked = Vec::new();
    for (file, text) in documents.iter().filter(|(file, _)| file.starts_with("schemas/")) {
        let new: Value = serde_json::from_str(text)?;
        match earlier(root, file)? {
            Earlier::Unknown(reason) => unchecked.push(format!("{file} against earlier versions: {reason}")),
            Earlier::Versions(versions) => {
                for (commit, text) in versions {
                    let old = serde_json::from_str(&text).with_context(|| format!("{file} of {commit}"))?;
                    let since = format!("{file} since {commit:.10}");
                    wrong.extend(incompatibilities(&old, &new).into_iter().map(|line| format!("{since}: {line}")));
                }
            }
        }
    }
    ensure!(wrong.is_empty(), "the documents of the contract are not as they should be\n  {}", wrong.join("\n  "));
    Ok(unchecked)
}

fn outdated(root: &Path, documents: &Documents) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for (file, text) in documents {
        match fs::read_to_string(root.join(file)) {
            Ok(committed) if committed == *text => {}
            Ok(_) => wrong.push(format!("{file} is not what the code says: run `make contract` and commit the result")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                wrong.push(format!("{file} is missing: run `make contract` and commit the result"));
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {file}")),
        }
    }
    for entry in fs::read_dir(root.join("schemas")).into_iter().flatten() {
        let file = format!("schemas/{}", entry?.file_name().to_string_lossy());
        if !documents.contains_key(&file) {
            wrong.push(format!(
                "{file} is of no type that there is: remove it only where nobody reads the type any more"
            ));
        }
    }
    Ok(wrong)
}
