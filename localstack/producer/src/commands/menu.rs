//! The menu.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use console::Term;
use dialoguer::{Input, Select};

use super::{Session, say, tell, verify};
use crate::arguments::{Load, Tale, Verify};
use crate::{Deed, Shares};

/// What can be chosen, and what it does.
const CHOICES: [(&str, Choice); 8] = [
    ("A user registers", Choice::Tell(Tale::Deed(Deed::User))),
    ("A user orders something", Choice::Tell(Tale::Deed(Deed::Order))),
    ("Money moves for an order", Choice::Tell(Tale::Deed(Deed::Payment))),
    ("The stock of an article changes", Choice::Tell(Tale::Deed(Deed::Inventory))),
    ("A scenario: a user, an order, its payments and a refund", Choice::Tell(Tale::Story)),
    ("A load, at a rate and with troubles", Choice::Load),
    ("Compare the latest journal with the database", Choice::Verify),
    ("Leave", Choice::Leave),
];

#[derive(Clone, Copy)]
enum Choice {
    Tell(Tale),
    Load,
    Verify,
    Leave,
}

/// Shows it until somebody leaves. What goes wrong is said, and ends nothing.
pub(super) async fn show(session: &Session) -> anyhow::Result<ExitCode> {
    let terminal = Term::stderr();
    if !terminal.is_term() {
        bail!("a menu wants a terminal: `producer --help` lists the commands that need none");
    }
    loop {
        let (terminal, names) = (terminal.clone(), CHOICES.map(|(name, _)| name));
        // It waits for a key, and Ctrl-C is to end it all the same.
        let chosen = tokio::task::spawn_blocking(move || {
            Select::new().with_prompt("What happens").items(names).default(0).interact_on_opt(&terminal)
        });
        let chosen = chosen.await?.context("the menu cannot be shown")?;
        let done = match chosen.map_or(Choice::Leave, |place| CHOICES[place].1) {
            Choice::Tell(tale) => {
                tell::run(session, tale, Load { count: None, rate: None, shares: Shares::default() }).await.map(drop)
            }
            Choice::Load => load(session).await,
            Choice::Verify => verify::run(session, &Verify { file: None, wait: 60, json: false }).await.map(drop),
            Choice::Leave => return Ok(ExitCode::SUCCESS),
        };
        if let Err(error) = done {
            say(&format!("error: {error:#}"));
        }
    }
}

async fn load(session: &Session) -> anyhow::Result<()> {
    let load = tokio::task::spawn_blocking(|| -> anyhow::Result<Load> {
        let percent = |what: &str, usual: f64| -> anyhow::Result<f64> {
            let is_share = |percent: &f64| {
                if (0.0..=100.0).contains(percent) { Ok(()) } else { Err("it is from 0 to 100") }
            };
            Ok(Input::new().with_prompt(what).default(usual).validate_with(is_share).interact_text()? / 100.0)
        };
        let count = Input::new().with_prompt("Events").default(1000).interact_text()?;
        let rate: u32 =
            Input::new().with_prompt("Records a second (0: as many as possible)").default(200).interact_text()?;
        let duplicates = percent("Duplicates, in percent", 2.0)?;
        let rubbish = percent("Rubbish, in percent", 1.0)?;
        let out_of_order = percent("Out of order, in percent", 5.0)?;
        let shares = Shares { duplicates, rubbish, out_of_order };
        Ok(Load { count: Some(count), rate: (rate > 0).then_some(rate), shares })
    });
    tell::run(session, Tale::Day, load.await??).await.map(drop)
}
