use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, ensure};

use super::entry::{Entry, Header};
use crate::{Parcel, What};

/// How often a record was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attempts {
    /// In all.
    pub tries: u64,
    /// How often Kafka has it for sure.
    pub acknowledged: u64,
    /// How often Kafka has it for sure not.
    pub refused: u64,
}

impl Attempts {
    /// Whether somebody has to send it again to know that it is there. A refusal is the last word on rubbish alone: an event that was
    /// refused is taken once its cause is mended, such as a topic that was not there.
    #[must_use]
    pub fn is_open(self, what: What) -> bool {
        self.acknowledged == 0 && !(what.is_rubbish() && self.refused > 0)
    }

    /// How often Kafka can have it at most.
    #[must_use]
    pub fn most(self) -> u64 {
        self.tries - self.refused
    }
}

/// What stands in a journal.
#[derive(Debug)]
pub struct Content {
    /// What it is of.
    pub header: Header,
    /// All records in the order in which they were first sent, and what became of each.
    pub records: Vec<(Parcel, Attempts)>,
}

impl Content {
    /// What should be with Kafka and is not known to be there, by number.
    #[must_use]
    pub fn open(&self) -> Vec<u64> {
        let is_open = |(parcel, attempts): &(Parcel, Attempts)| attempts.is_open(parcel.what);
        (0..).zip(&self.records).filter(|(_, record)| is_open(record)).map(|(number, _)| number).collect()
    }

    /// How many records there are for each reason.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for (parcel, _) in &self.records {
            let what = match parcel.what {
                What::Event => "events",
                What::Duplicate => "duplicates",
                What::Rubbish(_) => "rubbish",
            };
            *counts.entry(what).or_default() += 1;
        }
        counts
    }
}

/// What stands in a journal, and how many bytes of it are whole lines.
pub(super) fn read(path: &Path) -> anyhow::Result<(Content, u64)> {
    let file = File::open(path).with_context(|| format!("there is no journal {}", path.display()))?;
    let mut lines = BufReader::new(file);
    let (mut header, mut records, mut whole) = (None, Vec::new(), 0);
    let (mut line, mut number) = (Vec::new(), 0);
    while lines.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
        number += 1;
        let wrong = || format!("{} is no journal: line {number} is not understood", path.display());
        let entry = serde_json::from_slice(&line).with_context(wrong)?;
        enter(entry, &mut header, &mut records).with_context(wrong)?;
        whole += line.len() as u64;
        line.clear();
    }
    let header = header.with_context(|| format!("{} is no journal: it has no first line", path.display()))?;
    Ok((Content { header, records }, whole))
}

fn enter(entry: Entry, header: &mut Option<Header>, records: &mut Vec<(Parcel, Attempts)>) -> anyhow::Result<()> {
    match entry {
        Entry::Opened(opened) => *header = Some(opened),
        Entry::Sends(record) => {
            ensure!(record.number == records.len() as u64, "record {} is out of its place", record.number);
            records.push((record.parcel()?, Attempts { tries: 1, ..Attempts::default() }));
        }
        Entry::SendsAgain(numbers) => count(records, &numbers, |attempts| attempts.tries += 1)?,
        Entry::Acknowledged(numbers) => count(records, &numbers, |attempts| attempts.acknowledged += 1)?,
        Entry::Refused(numbers) => count(records, &numbers, |attempts| attempts.refused += 1)?,
    }
    Ok(())
}

fn count(records: &mut [(Parcel, Attempts)], numbers: &[u64], add: fn(&mut Attempts)) -> anyhow::Result<()> {
    for number in numbers {
        let place = usize::try_from(*number)?;
        let (_, attempts) = records.get_mut(place).with_context(|| format!("record {number} was never sent"))?;
        add(attempts);
    }
    Ok(())
}
