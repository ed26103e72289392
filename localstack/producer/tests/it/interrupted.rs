//! Ctrl-C, wherever somebody presses it.

use std::collections::BTreeSet;

use producer::{Journal, Parcel};
use rexpect::process::WaitStatus;
use rexpect::session::PtySession;

use crate::menu::{choose, start};
use crate::world::World;

const CTRL_C: &str = "\u{3}";
const SHOW_CURSOR: &str = "\u{1b}[?25h";
const HIDE_CURSOR: &str = "\u{1b}[?25l";

/// Sends Ctrl-C, and expects that the program ends with a cursor that shows.
fn interrupt(terminal: &mut PtySession) {
    terminal.send(CTRL_C).unwrap();
    terminal.flush().unwrap();
    let rest = terminal.exp_eof().unwrap();
    assert!(!rest.contains("error"), "{rest}");
    let (shown, hidden) = (rest.rfind(SHOW_CURSOR), rest.rfind(HIDE_CURSOR));
    assert!(shown.is_some() && shown > hidden, "{rest:?}");
    let status = terminal.process().wait().unwrap();
    assert!(matches!(status, WaitStatus::Exited(_, 130)), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_the_list() {
    let world = World::new().await;
    tokio::task::block_in_place(|| {
        let mut terminal = start(&world, &[]);
        terminal.exp_string("What happens").unwrap();
        terminal.exp_string("Leave").unwrap();
        interrupt(&mut terminal);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_a_question() {
    let world = World::new().await;
    tokio::task::block_in_place(|| {
        let mut terminal = start(&world, &[]);
        choose(&mut terminal, 5);
        terminal.exp_string("Events").unwrap();
        terminal.send("40\r").unwrap();
        terminal.flush().unwrap();
        terminal.exp_string("Records a second").unwrap();
        interrupt(&mut terminal);
    });
    assert!(!world.path().exists(), "nothing was sent");
}

/// Else payments would wait for orders that were held back.
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_a_load_and_what_was_held_back_still_goes_out() {
    let world = World::new().await;
    tokio::task::block_in_place(|| {
        let load = ["load", "--count", "100000", "--rate", "100", "--out-of-order", "0.5"];
        let mut terminal = start(&world, &load);
        terminal.exp_regex("[1-9][0-9][0-9]/100000").unwrap();
        terminal.send(CTRL_C).unwrap();
        terminal.flush().unwrap();
        terminal.exp_string("Stopping").unwrap();
        terminal.exp_string("all that was told is sent").unwrap();
        terminal.exp_eof().unwrap();
        assert!(matches!(terminal.process().wait().unwrap(), WaitStatus::Exited(_, 130)));
    });
    let content = Journal::read(&world.path()).unwrap();
    assert!(content.open().is_empty());
    let keys = |event_type: &str| -> BTreeSet<&str> {
        let is_one = |parcel: &&Parcel| String::from_utf8_lossy(&parcel.value).contains(event_type);
        content.records.iter().map(|(parcel, _)| parcel).filter(is_one).map(|parcel| parcel.key.as_str()).collect()
    };
    let (orders, payments) = (keys(r#""type":"order.placed""#), keys(r#""type":"payment.settled""#));
    assert!(!payments.is_empty() && payments.is_subset(&orders), "{payments:?} {orders:?}");
}
