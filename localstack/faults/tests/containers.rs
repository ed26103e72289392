//! What `docker compose --profile app up` runs, without the containers: the same commands and variables, with other addresses.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::redirect::Policy;
use stack::kafka::{Broker, BrokerPorts};
use stack::postgres::Server;
use testkit::eventually;
use testkit::sqlx::{self, PgPool};
use tokio::process::{Child, Command};

const PATIENCE: Duration = Duration::from_mins(1);

/// The addresses of `compose.yaml`, and those here.
struct Compose {
    text: String,
    folder: tempfile::TempDir,
}

impl Compose {
    fn read(addresses: &[(&str, &str)]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        // What the image has of a checkout: its Dockerfile says the same.
        let folder = tempfile::tempdir().unwrap();
        for file in ["infra/template.yaml", "localstack/compose.yaml"] {
            let to = folder.path().join(file);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(root.join(file), to).unwrap();
        }
        let text = std::fs::read_to_string(root.join("localstack/compose.yaml")).unwrap();
        let start = text.find("\n  prepare:\n").expect("the services of the functions");
        let text = addresses.iter().fold(text[start..].to_owned(), |text, (from, to)| text.replace(from, to));
        Self { text, folder }
    }

    /// The command of a service.
    fn command(&self, service: &str) -> Vec<String> {
        let start = self.text.find(&format!("\n  {service}:\n")).expect("the service");
        let line = self.text[start..].lines().find_map(|line| line.strip_prefix("    command: ")).expect("its command");
        serde_json::from_str(line).expect("a list of words in JSON's form")
    }

    /// The variables that all of them have.
    fn variables(&self) -> Vec<(&str, &str)> {
        let (_, rest) = self.text.split_once("    environment: &app\n").expect("the variables");
        let lines = rest.lines().map_while(|line| line.strip_prefix("      "));
        lines.map(|line| line.split_once(": ").expect("a name and a value")).collect()
    }

    fn start(&self, service: &str) -> Child {
        let command = self.command(service);
        let binary = binaries().join(&command[0]);
        let variables = self.variables().into_iter().map(|(name, value)| (name, value.trim_matches('"')));
        Command::new(&binary)
            .args(&command[1..])
            .env_clear()
            .envs(variables)
            .env("PATH", "/usr/bin:/bin")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", binary.display()))
    }
}

/// Beside this test.
fn binaries() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_path_buf()
}

#[tokio::test]
async fn what_compose_starts_serves_everything() {
    let (postgres, kafka) = (stack::scratch().unwrap(), stack::scratch().unwrap());
    let artifacts = testkit::artifacts();
    let server = Server::start(&artifacts, postgres.path(), stack::free_port()).await.unwrap();
    let broker = Broker::start(&artifacts, kafka.path(), BrokerPorts::free()).await.unwrap();
    let at = format!("127.0.0.1:{}", stack::free_port());
    let database = server.url("", "postgres").trim_end_matches('/').replace("postgres://postgres@", "");
    let bin_dir = binaries();
    let compose = Compose::read(&[
        ("@postgres:5432", &format!("@{database}")),
        ("kafka:9092", &broker.bootstrap()),
        ("/usr/local/bin", bin_dir.to_str().unwrap()),
        ("0.0.0.0:9000", &at),
        ("runtime:9000", &at),
    ]);
    // Twice: every start of the stack runs it.
    for _ in 0..2 {
        assert!(compose.start("prepare").wait().await.unwrap().success());
    }
    let _runtime = compose.start("runtime");
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let get = async |path: &str| Some(client.get(format!("http://{at}{path}")).send().await.ok()?.status());
    eventually("healthy", PATIENCE, async || get("/health").await.filter(|status| *status == StatusCode::OK)).await;
    // As the owner of that database, and as no other function is.
    let migrate = format!("http://{at}/2015-03-31/functions/migrate/invocations");
    let answer = client.post(migrate).body("{}").send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"applied":[]}"#);
    let _event_source = compose.start("event-source");
    let pool = PgPool::connect(&server.url("onceward", "onceward_app")).await.unwrap();
    sqlx::query("insert into links values (uuidv7(), 'spring', 'https://example.com/', now())")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(get("/spring").await, Some(StatusCode::FOUND));
    let counted = async || {
        let clicks: i64 = sqlx::query_scalar("select count(*) from clicks").fetch_one(&pool).await.unwrap();
        (clicks == 1).then_some(())
    };
    eventually("the click is counted", PATIENCE, counted).await;
}

/// An image without one of them would start, and fail at its first invocation.
#[test]
fn the_image_has_every_function_and_nothing_of_a_checkout_that_the_test_above_lacks() {
    let dockerfile = include_str!("../../Dockerfile");
    assert!(dockerfile.contains("for name in $(ls functions) runtime event-source operator stack;"));
    for line in ["COPY infra/template.yaml infra/", "COPY localstack/compose.yaml localstack/"] {
        assert!(dockerfile.contains(line), "{line}");
    }
    assert_eq!(dockerfile.matches("\nCOPY ").count(), 4, "what else it has, the test must have too");
}
