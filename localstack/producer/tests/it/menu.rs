//! The menu, under a terminal, as somebody uses it.

use std::collections::BTreeSet;
use std::process::Command;

use producer::{Content, Journal};
use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::world::{World, root};

/// What the down arrow sends.
const DOWN: &str = "\u{1b}[B";
const MILLIS: Option<u64> = Some(60_000);

pub fn start(world: &World, arguments: &[&str]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_producer"));
    command.args(arguments).args(["--name", "t", "--seed", "7"]).arg("--journal").arg(world.path());
    command.current_dir(root()).env("TERM", "xterm-256color").envs(world.variables());
    spawn_command(command, MILLIS).unwrap()
}

/// Goes so many lines down, and chooses that.
pub fn choose(terminal: &mut PtySession, place: usize) {
    terminal.exp_string("What happens").unwrap();
    // The list is drawn after its title.
    terminal.exp_string("Leave").unwrap();
    terminal.send(&DOWN.repeat(place)).unwrap();
    terminal.send("\r").unwrap();
    terminal.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_plays_a_scenario_compares_it_and_leaves() {
    let world = World::new().await;
    let services = world.serve().await;
    tokio::task::block_in_place(|| {
        let mut terminal = start(&world, &[]);
        choose(&mut terminal, 4);
        terminal.exp_string("acknowledged").unwrap();
        terminal.exp_string("journal").unwrap();
        choose(&mut terminal, 6);
        for line in ["complete: yes", "once each: yes", "totals equal: yes"] {
            terminal.exp_string(line).unwrap();
        }
        choose(&mut terminal, 7);
        terminal.exp_eof().unwrap();
        assert!(matches!(terminal.process().wait().unwrap(), WaitStatus::Exited(_, 0)));
    });
    assert!(world.verify().await.is_clean());
    services.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_asks_for_a_load_with_troubles_and_gets_it() {
    let world = World::new().await;
    tokio::task::block_in_place(|| {
        let mut terminal = start(&world, &[]);
        choose(&mut terminal, 5);
        for (question, answer) in [
            ("Events", "40"),
            ("Records a second", "0"),
            ("Duplicates", "50"),
            ("Rubbish", "50"),
            ("Out of order", "0"),
        ] {
            terminal.exp_string(question).unwrap();
            // Instead of the value that it proposes.
            terminal.send(&format!("{answer}\r")).unwrap();
            terminal.flush().unwrap();
        }
        terminal.exp_string("acknowledged").unwrap();
        choose(&mut terminal, 7);
        terminal.exp_eof().unwrap();
    });
    let counts = Journal::read(&world.path()).unwrap().counts();
    assert_eq!(counts["events"], 40);
    assert!(counts["duplicates"] > 5 && counts["rubbish"] > 5, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_choice_opens_a_shop_of_its_own() {
    let world = World::new().await;
    tokio::task::block_in_place(|| {
        let mut terminal = start(&world, &[]);
        for _ in 0..2 {
            choose(&mut terminal, 1);
            terminal.exp_string("acknowledged").unwrap();
        }
        choose(&mut terminal, 7);
        terminal.exp_eof().unwrap();
        assert!(matches!(terminal.process().wait().unwrap(), WaitStatus::Exited(_, 0)));
    });
    let journals = ["journal.jsonl", "journal-2.jsonl"].map(|file| world.folder.path().join(file));
    let [first, second] = journals.map(|path| Journal::read(&path).unwrap());
    assert_eq!((first.header.name.as_str(), second.header.name.as_str()), ("t", "t-2"));
    let keys = |content: &Content| content.records.iter().map(|(parcel, _)| parcel.key.clone()).collect();
    let (first, second): (BTreeSet<String>, BTreeSet<String>) = (keys(&first), keys(&second));
    assert!(!first.is_empty() && first.is_disjoint(&second), "{first:?} {second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_there_is_no_menu_and_that_is_said() {
    let world = World::new().await;
    let output = Command::new(env!("CARGO_BIN_EXE_producer")).current_dir(root()).envs(world.variables()).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("a menu wants a terminal"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_finds_something_ends_with_1() {
    let world = World::new().await;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_producer"));
        command.args(arguments).arg("--journal").arg(world.path()).current_dir(root()).envs(world.variables());
        command.output().unwrap()
    };
    let sent = run(&["order", "--count", "2"]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    // Nothing consumes.
    let compared = run(&["verify", "--wait", "0", "--json"]);
    assert_eq!(compared.status.code(), Some(1));
    let verdict: serde_json::Value = serde_json::from_slice(&compared.stdout).unwrap();
    assert_eq!(verdict["missing"].as_array().unwrap().len(), 3, "a user and two orders: {verdict}");
}
