//! Settings from the environment, from the checkout's `.env`, and the defaults of the local stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use template::Function;

/// What a process needs to run at all, and what a developer sets to look into it.
const BASICS: [&str; 9] =
    ["HOME", "LANG", "LC_ALL", "LLVM_PROFILE_FILE", "PATH", "RUST_BACKTRACE", "SSL_CERT_FILE", "TMPDIR", "TZ"];

/// What the names of functions' settings begin with, besides those that the template has.
const PREFIXES: [&str; 11] = [
    "API_KEYS_",
    "AUDIT_",
    "BREAKER_",
    "DATABASE_",
    "HEALTH_",
    "INBOX_",
    "KAFKA_",
    "OUTBOX_",
    "PARKED_",
    "REDIRECT_",
    "TOPIC_",
];

/// The ports of the local stack, unless `ONCEWARD_POSTGRES_PORT` and its like move them.
pub(crate) const POSTGRES_PORT: u16 = 15432;
pub(crate) const KAFKA_PORT: u16 = 19092;
pub(crate) const CONTROLLER_PORT: u16 = 19093;
pub(crate) const HTTP_PORT: u16 = 9000;
pub(crate) const PROMETHEUS_PORT: u16 = 9090;

type Variables = BTreeMap<String, String>;

/// Every variable of the real environment, those of `<root>/.env` that it does not set, and the local defaults for
/// what neither sets.
///
/// A missing `.env` is an empty one; one that cannot be parsed is an error, as a setting that is silently
/// ignored costs more time than a message. Variables that are not UTF-8 are left out.
pub fn load(root: &Path) -> anyhow::Result<Variables> {
    let all = everything(root)?;
    Ok(with_defaults(all.clone(), &all))
}

/// What functions are given on this machine, over the variables of the template (what it gives to some of them alone is for those
/// alone, as the owner's URL of the database): the same as [`load`], without the
/// rest of a developer's environment, which stays outside as it does on Lambda. Of the real environment that leaves
/// what the template or `.env` names, settings by their prefixes, and `PATH` and the like.
///
/// # Errors
/// As [`load`].
pub fn of_functions(root: &Path, functions: &[Function]) -> anyhow::Result<Variables> {
    let own = file(&root.join(".env"))?;
    Ok(with_defaults(meant_for_functions(own, real(), functions), &everything(root)?))
}

fn everything(root: &Path) -> anyhow::Result<Variables> {
    let mut all = file(&root.join(".env"))?;
    all.extend(real());
    Ok(all)
}

fn meant_for_functions(
    own: Variables,
    real: impl Iterator<Item = (String, String)>,
    functions: &[Function],
) -> Variables {
    let mut all = own;
    for (name, value) in real {
        let is_setting = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let in_template = || functions.iter().any(|function| function.is_given(&name));
        if is_setting || BASICS.contains(&name.as_str()) || all.contains_key(&name) || in_template() {
            all.insert(name, value);
        }
    }
    all
}

/// Where the servers of `make up` listen, on the ports that are `told`; deployed functions learn it from the template.
fn with_defaults(mut all: Variables, told: &Variables) -> Variables {
    let port = |name: &str, default: u16| match told.get(name).map(|text| text.trim()) {
        None | Some("") => default.to_string(),
        Some(port) => port.to_owned(),
    };
    let (postgres, kafka) = (port("ONCEWARD_POSTGRES_PORT", POSTGRES_PORT), port("ONCEWARD_KAFKA_PORT", KAFKA_PORT));
    let http = port("ONCEWARD_HTTP_PORT", HTTP_PORT);
    for (name, value) in [
        ("DATABASE_URL", format!("postgres://onceward_app@127.0.0.1:{postgres}/onceward")),
        ("OWNER_DATABASE_URL", format!("postgres://onceward_owner@127.0.0.1:{postgres}/onceward")),
        ("KAFKA_BOOTSTRAP_SERVERS", format!("127.0.0.1:{kafka}")),
        ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT".to_owned()),
        // Set to nothing, which takes back what the template says of a cluster with passwords.
        ("KAFKA_SASL_MECHANISM", String::new()),
        ("KAFKA_SASL_USERNAME", String::new()),
        ("KAFKA_SASL_PASSWORD", String::new()),
        ("PUBLIC_BASE_URL", format!("http://127.0.0.1:{http}")),
    ] {
        let known = all.entry(name.to_owned()).or_default();
        if known.trim().is_empty() {
            *known = value;
        }
    }
    all
}

#[expect(clippy::disallowed_methods, reason = "the place where the local tools read the environment")]
fn real() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn file(path: &Path) -> anyhow::Result<Variables> {
    if !path.exists() {
        return Ok(Variables::new());
    }
    dotenvy::from_path_iter(path)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read {}: correct the line or remove the file", path.display()))
}

/// The root of the checkout: `given`, or the nearest folder above `here` that holds the local stack.
pub fn checkout(given: Option<PathBuf>, here: &Path) -> anyhow::Result<PathBuf> {
    let is_checkout = |folder: &&Path| folder.join("localstack/compose.yaml").is_file();
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let found = given.or_else(|| here.ancestors().chain(built_in).find(is_checkout).map(Path::to_path_buf));
    let Some(root) = found else {
        bail!("{} is in no checkout: go there, or name it with --root", here.display());
    };
    root.canonicalize().with_context(|| format!("cannot open the checkout {}", root.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_malformed_env_file_is_refused_by_its_name() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(".env"), "LOG_LEVEL=debug\nthis is no setting\n").unwrap();
        let error = load(root.path()).unwrap_err();
        assert!(format!("{error:#}").contains(".env"), "{error:#}");
    }

    #[test]
    fn the_real_environment_wins_over_the_file() {
        let root = tempfile::tempdir().unwrap();
        let home = env!("CARGO_MANIFEST_DIR");
        std::fs::write(root.path().join(".env"), "CARGO_MANIFEST_DIR=/nowhere\nONLY_IN_THE_FILE='a value'\n").unwrap();
        let all = load(root.path()).unwrap();
        assert_eq!(all["CARGO_MANIFEST_DIR"], home);
        assert_eq!(all["ONLY_IN_THE_FILE"], "a value");
    }

    #[test]
    fn only_what_is_meant_for_functions_passes() {
        let own = variables(&[("LOG_LEVEL", "info"), ("DATABASE_URL", "a")]);
        let real = variables(&[
            ("AWS_PROFILE", "mine"),
            ("DATABASE_URL", "b"),
            ("KAFKA_LINGER_MS", "5"),
            ("ONCEWARD_STATE_DIR", "/elsewhere"),
            ("PATH", "/bin"),
        ]);
        let expected = [("DATABASE_URL", "b"), ("KAFKA_LINGER_MS", "5"), ("LOG_LEVEL", "info"), ("PATH", "/bin")];
        assert_eq!(meant_for_functions(own, real.into_iter(), &[]), variables(&expected));
    }

    /// And each that the template has, with or without a value.
    #[test]
    fn every_setting_that_the_example_has_for_functions_passes() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let functions = template::Template::read(&root.join("infra/template.yaml")).unwrap().functions;
        let example = std::fs::read_to_string(root.join(".env.example")).unwrap();
        let (of_functions, _) = example.split_once("# --- The local stack ---").unwrap();
        let settings = of_functions.lines().filter_map(|line| line.strip_prefix("# ")?.split_once('='));
        let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let names: Vec<&str> = settings.map(|(name, _)| name).filter(is_name).collect();
        assert!(names.contains(&"OWNER_DATABASE_URL") && names.contains(&"HEALTH_TIMEOUT_MS"), "{names:?}");
        let real = names.iter().map(|name| ((*name).to_owned(), "set".to_owned()));
        let passed = meant_for_functions(Variables::new(), real, &functions);
        let kept: Vec<_> = names.into_iter().filter(|name| !passed.contains_key(*name)).collect();
        assert_eq!(kept, [""; 0], "a prefix is missing");
    }

    #[test]
    fn defaults_stand_back_for_any_value_and_follow_the_ports() {
        let given =
            [("DATABASE_URL", ""), ("KAFKA_BOOTSTRAP_SERVERS", "elsewhere:9092"), ("KAFKA_SASL_USERNAME", "me")];
        // Functions are not given the ports themselves.
        let told = [("ONCEWARD_POSTGRES_PORT", "5555"), ("ONCEWARD_HTTP_PORT", "9001"), ("ONCEWARD_KAFKA_PORT", "")];
        let all = with_defaults(variables(&given), &variables(&told));
        assert_eq!(all["DATABASE_URL"], "postgres://onceward_app@127.0.0.1:5555/onceward");
        assert_eq!(all["OWNER_DATABASE_URL"], "postgres://onceward_owner@127.0.0.1:5555/onceward");
        assert_eq!(all["PUBLIC_BASE_URL"], "http://127.0.0.1:9001");
        assert_eq!(all["KAFKA_BOOTSTRAP_SERVERS"], "elsewhere:9092");
        assert_eq!((all["KAFKA_SASL_MECHANISM"].as_str(), all["KAFKA_SASL_USERNAME"].as_str()), ("", "me"));
    }
}
