//! The menu.

mod asking;

use std::io::ErrorKind;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use console::Term;
use dialoguer::{Input, Select};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::block_in_place;

use super::ending::{Ending, until_interrupted};
use super::{Session, say, tell, verify};
use crate::arguments::{Load, Tale, Verify};
use crate::{Deed, Shares};

use asking::Asking;

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

/// What was done from the menu so far.
struct Visit<'a> {
    session: &'a Session,
    /// How many shops were opened.
    shops: u32,
}

/// Shows it until somebody leaves. What goes wrong is said, and ends nothing.
pub(super) async fn show(session: &Session) -> anyhow::Result<ExitCode> {
    if !Term::stderr().is_term() {
        bail!("a menu wants a terminal: `producer --help` lists the commands that need none");
    }
    // The key Ctrl-C comes as a signal too, once it is read, which would end the program before its terminal is as it was.
    let _interrupts = signal(SignalKind::interrupt())?;
    let mut visit = Visit { session, shops: 0 };
    loop {
        let ending = match ask(choose)? {
            None => Ok(Ending::Interrupted),
            Some(Choice::Leave) => return Ok(ExitCode::SUCCESS),
            Some(Choice::Tell(tale)) => {
                visit.tell(tale, Load { count: None, rate: None, shares: Shares::default() }).await
            }
            Some(Choice::Load) => match ask(load)? {
                None => Ok(Ending::Interrupted),
                Some(load) => visit.tell(Tale::Day, load).await,
            },
            Some(Choice::Verify) => visit.verify().await,
        };
        match ending {
            Ok(Ending::Interrupted) => return Ok(Ending::Interrupted.into()),
            Ok(Ending::Done(_)) => {}
            Err(error) => say(&format!("error: {error:#}")),
        }
    }
}

impl Visit<'_> {
    /// Every time another shop, as the ids of one may be told once.
    async fn tell(&mut self, tale: Tale, load: Load) -> anyhow::Result<Ending> {
        self.shops += 1;
        tell::run(self.session, tale, load, self.shops).await
    }

    async fn verify(&self) -> anyhow::Result<Ending> {
        let file = self.session.own_journal(self.shops);
        let wanted = Verify { file, wait: 60, json: false };
        until_interrupted(verify::run(self.session, &wanted), "Stopped.").await
    }
}

/// Asks, and gives nothing where Ctrl-C is the answer. A question holds up this thread, which is the one that a signal comes to: none
/// is left waiting for a key when the program ends.
fn ask<T>(question: impl FnOnce() -> dialoguer::Result<T>) -> anyhow::Result<Option<T>> {
    let _asking = Asking::begin();
    match block_in_place(question) {
        Ok(answer) => Ok(Some(answer)),
        Err(dialoguer::Error::IO(error)) if error.kind() == ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error).context("the menu cannot be shown"),
    }
}

fn choose() -> dialoguer::Result<Choice> {
    let names = CHOICES.map(|(name, _)| name);
    let chosen = Select::new().with_prompt("What happens").items(names).default(0).interact_on_opt(&Term::stderr())?;
    Ok(chosen.map_or(Choice::Leave, |place| CHOICES[place].1))
}

fn load() -> dialoguer::Result<Load> {
    let percent = |what: &str, usual: f64| -> dialoguer::Result<f64> {
        let is_share =
            |percent: &f64| if (0.0..=100.0).contains(percent) { Ok(()) } else { Err("it is from 0 to 100") };
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
}
