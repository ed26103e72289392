//! The command `stack`, run as a person runs it, on servers of its own.

mod support;

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use nix::sys::signal::Signal;
use sqlx::{Connection, PgConnection};
use stack::{Identity, free_port};
use support::{Stack, signal, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_stack");

/// One stack for the tests that start with a stack that is up; they take turns.
fn running() -> MutexGuard<'static, Stack> {
    static SHARED: LazyLock<Mutex<Stack>> = LazyLock::new(|| Mutex::new(Stack::new(&[PROGRAM])));
    let stack = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    stack.must(&["up"]);
    stack
}

async fn owner(stack: &Stack) -> PgConnection {
    PgConnection::connect(&format!("postgres://onceward_owner@127.0.0.1:{}/onceward", stack.postgres)).await.unwrap()
}

#[test]
fn up_twice_is_one_stack() {
    let stack = running();
    let before = (stack.pid("postgres"), stack.pid("kafka"));
    let said = stack.must(&["up"]);
    assert_eq!(before, (stack.pid("postgres"), stack.pid("kafka")));
    assert!(said.contains("runs already") && said.contains(&format!("127.0.0.1:{}", stack.kafka)), "{said}");
    let status = stack.must(&["status"]);
    assert_eq!(status.matches("running").count(), 2, "{status}");
}

#[test]
fn killed_servers_are_started_again_and_by_two_ups_at_once_only_once() {
    let stack = running();
    let before = (stack.pid("postgres"), stack.pid("kafka"));
    signal(before.0, Signal::SIGKILL);
    signal(before.1, Signal::SIGKILL);
    let both = [stack.prepare(&["up"]).spawn().unwrap(), stack.prepare(&["up"]).spawn().unwrap()];
    let said = both.map(|child| child.wait_with_output().unwrap());
    assert!(said.iter().all(|output| output.status.success()), "{}{}", text(&said[0]), text(&said[1]));
    let started = said.iter().filter(|output| text(output).contains("starting Kafka")).count();
    assert_eq!(started, 1, "{}{}", text(&said[0]), text(&said[1]));
    let after = (stack.pid("postgres"), stack.pid("kafka"));
    assert!(before.0 != after.0 && before.1 != after.1, "{before:?} {after:?}");
    stack.must(&["status"]);
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "tests take turns, each on a runtime of its own")]
async fn a_killed_postgres_keeps_committed_rows_and_its_busy_sessions_do_not_stop_the_next() {
    let stack = running();
    let mut connection = owner(&stack).await;
    let made = "drop table if exists kept; create table kept (n int); insert into kept select generate_series(1, 1000)";
    sqlx::raw_sql(made).execute(&mut connection).await.unwrap();
    let mut busy = owner(&stack).await;
    let endless = "set statement_timeout = 0; select count(*) from generate_series(1, 100000000000)";
    let busy = tokio::spawn(async move { sqlx::raw_sql(endless).execute(&mut busy).await.map(|_| ()) });
    let active =
        "select count(*) from pg_stat_activity where state = 'active' and query like '%generate_series(1, 1000000%'";
    while sqlx::query_scalar::<_, i64>(active).fetch_one(&mut connection).await.unwrap() < 2 {
        tokio::task::yield_now().await;
    }
    signal(stack.pid("postgres"), Signal::SIGKILL);
    stack.must(&["up"]);
    assert!(busy.await.unwrap().is_err());
    let kept: i64 = sqlx::query_scalar("select count(*) from kept").fetch_one(&mut owner(&stack).await).await.unwrap();
    assert_eq!(kept, 1000);
}

#[test]
fn a_stale_process_id_of_another_process_is_neither_killed_nor_taken_for_ours() {
    let stack = running();
    let mut other = Command::new("sleep").arg("600").spawn().unwrap();
    let pid = i32::try_from(other.id()).unwrap();
    let stale = fs::read_to_string(stack.pid_file("postgres"))
        .unwrap()
        .replace(&stack.pid("postgres").to_string(), &pid.to_string());
    signal(stack.pid("postgres"), Signal::SIGKILL);
    fs::write(stack.pid_file("postgres"), stale).unwrap();
    // PostgreSQL's own file names that process too.
    let lock = stack.directory.join("postgres/data/postmaster.pid");
    let rest = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, format!("{pid}\n{}", rest.split_once('\n').unwrap().1)).unwrap();
    stack.must(&["up"]);
    assert_ne!(stack.pid("postgres"), pid);
    assert!(Identity::of(pid).is_some(), "the other process was killed");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_lost_or_damaged_process_id_file_does_not_hide_a_running_server() {
    let stack = running();
    let before = (stack.pid("postgres"), stack.pid("kafka"));
    fs::remove_file(stack.pid_file("postgres")).unwrap();
    fs::write(stack.pid_file("kafka"), "{\"pid\":").unwrap();
    stack.must(&["status"]);
    stack.must(&["up"]);
    assert_eq!(before, (stack.pid("postgres"), stack.pid("kafka")));
}

#[test]
fn down_twice_stops_only_what_up_started_and_keeps_the_data_unless_told_otherwise() {
    let stack = running();
    let pids = [stack.pid("postgres"), stack.pid("kafka")];
    stack.must(&["down"]);
    assert!(pids.iter().all(|pid| Identity::of(*pid).is_none()));
    let mut other = Command::new("sleep").arg("600").spawn().unwrap();
    let stale = format!(r#"{{"pid":{},"started":"once","port":{},"version":"4"}}"#, other.id(), stack.kafka);
    fs::write(stack.pid_file("kafka"), stale).unwrap();
    stack.must(&["down"]);
    assert!(other.try_wait().unwrap().is_none(), "a process that is not ours was stopped");
    other.kill().unwrap();
    other.wait().unwrap();
    let status = stack.run(&["status"]);
    assert_eq!(status.status.code(), Some(1), "{}", text(&status));
    assert!(stack.directory.join("postgres/data/PG_VERSION").exists());
    stack.must(&["down", "--wipe"]);
    assert!(!stack.directory.join("postgres").exists() && !stack.directory.join("kafka").exists());
    assert!(stack.directory.join("artifacts").exists());
}

#[test]
fn one_server_is_stopped_alone_and_started_again_beside_the_other() {
    let stack = running();
    let before = (stack.pid("postgres"), stack.pid("kafka"));
    for refused in [&["down", "--only", "kafka", "--wipe"][..], &["down", "--only", "zookeeper"]] {
        assert_eq!(stack.run(refused).status.code(), Some(2), "{refused:?}");
    }
    stack.must(&["down", "--only", "kafka"]);
    assert!(Identity::of(before.1).is_none());
    assert!(Identity::of(before.0).is_some(), "the other one was stopped too");
    stack.must(&["up"]);
    assert_eq!(stack.pid("postgres"), before.0);
    assert_ne!(stack.pid("kafka"), before.1);
    stack.must(&["status"]);
}

#[test]
fn every_port_in_use_is_refused_and_its_holder_named_and_nothing_is_started() {
    let stack = Stack::new(&[PROGRAM]);
    let held = [stack.postgres, stack.kafka].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    let output = stack.run(&["up"]);
    let said = text(&output);
    assert!(!output.status.success());
    for port in [stack.postgres, stack.kafka] {
        assert!(said.contains(&format!("port {port}")), "{said}");
    }
    assert!(said.contains(&format!("process {}", std::process::id())) && said.contains("make down"), "{said}");
    assert!(!stack.pid_file("postgres").exists(), "{said}");
    drop(held);
}

#[test]
fn a_setting_that_is_no_port_is_named() {
    let stack = Stack::new(&[PROGRAM]);
    let output = stack.prepare(&["status"]).env("ONCEWARD_KAFKA_PORT", "many").output().unwrap();
    assert!(!output.status.success() && text(&output).contains("ONCEWARD_KAFKA_PORT"), "{}", text(&output));
}

/// Root's own stack is what the other tests use where they run as root; here it is nobody's.
#[test]
fn a_plain_user_has_a_stack_too() {
    // Root's checkout may be one that nobody else can enter.
    let checkout = stack::scratch().unwrap();
    for file in ["infra/template.yaml", "localstack/compose.yaml"] {
        let copy = checkout.path().join(file);
        stack::open_directory(copy.parent().unwrap()).unwrap();
        fs::copy(support::checkout().join(file), copy).unwrap();
    }
    let program = checkout.path().join("stack");
    fs::copy(PROGRAM, &program).unwrap();
    let (program, root) = (program.to_str().unwrap(), checkout.path().to_str().unwrap());
    let as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--root", root];
    let as_ourselves = &as_nobody[4..];
    let is_root = nix::unistd::Uid::effective().is_root();
    let stack = Stack::new(if is_root { &as_nobody } else { as_ourselves });
    if is_root {
        std::os::unix::fs::chown(&stack.directory, Some(65534), Some(65534)).unwrap();
    }
    stack.must(&["up"]);
    stack.must(&["status"]);
    stack.must(&["down"]);
    assert_ne!(free_port(), stack.kafka);
}
