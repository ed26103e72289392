use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::Topic;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Parcel, Rubbish, What};

/// What a journal is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// What all ids of the shop begin with.
    pub name: String,
    /// The seed of its history.
    pub seed: u64,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
}

/// A line of a journal: what is sent stands there before it is, and what came of it afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    /// The first line.
    Opened(Header),
    /// A record that is sent now, for the first time.
    Sends(Record),
    /// Records that are sent once more, by their numbers: nobody knows whether they have arrived.
    SendsAgain(Vec<u64>),
    /// Records that Kafka has, as often as they stand here.
    Acknowledged(Vec<u64>),
    /// Records that the intake did not take, so that Kafka has none of them.
    Refused(Vec<u64>),
}

/// A record, as a journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Which of the journal it is, from 0.
    pub number: u64,
    topic: String,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rubbish: Option<Rubbish>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The value in base64, where it is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

impl Record {
    fn of(number: u64, parcel: &Parcel) -> Self {
        let text = std::str::from_utf8(&parcel.value).ok();
        Self {
            number,
            topic: parcel.topic.default_name().to_owned(),
            key: parcel.key.clone(),
            event_id: parcel.event_id.clone(),
            duplicate: parcel.what == What::Duplicate,
            rubbish: if let What::Rubbish(kind) = parcel.what { Some(kind) } else { None },
            value: text.map(str::to_owned),
            bytes: text.is_none().then(|| STANDARD.encode(&parcel.value)),
        }
    }

    /// What was sent.
    pub fn parcel(&self) -> anyhow::Result<Parcel> {
        let topic = Topic::ALL.into_iter().find(|topic| topic.default_name() == self.topic);
        let value = match (&self.value, &self.bytes) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(bytes)) => STANDARD.decode(bytes).context("a value is no base64")?,
            _ => bail!("record {} has no value, or two", self.number),
        };
        let what = match (self.rubbish, self.duplicate) {
            (Some(kind), _) => What::Rubbish(kind),
            (None, true) => What::Duplicate,
            (None, false) => What::Event,
        };
        let topic = topic.with_context(|| format!("there is no topic {}", self.topic))?;
        Ok(Parcel { what, topic, key: self.key.clone(), value, event_id: self.event_id.clone() })
    }
}

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
    /// Whether somebody has to send it again to know that it is there.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.acknowledged == 0 && self.refused == 0
    }

    /// How often Kafka can have it at most.
    #[must_use]
    pub fn most(self) -> u64 {
        self.tries - self.refused
    }
}

/// What was sent and what came of it, as lines of JSON. A line is with the operating system before its record is sent, so that the
/// journal of a producer that was killed is right: what is not acknowledged may have arrived or not.
pub struct Journal {
    path: PathBuf,
    file: BufWriter<File>,
    next: u64,
}

/// What stands in a journal.
#[derive(Debug)]
pub struct Content {
    /// What it is of.
    pub header: Header,
    /// All records in the order in which they were first sent, and what became of each.
    pub records: Vec<(Parcel, Attempts)>,
}

impl Journal {
    /// Begins one, in a file that must not be there.
    pub fn create(path: &Path, header: &Header) -> anyhow::Result<Self> {
        let folder = path.parent().context("a journal is in a folder")?;
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let file = File::create_new(path).with_context(|| format!("cannot begin the journal {}", path.display()))?;
        let mut journal = Self { path: path.to_owned(), file: BufWriter::new(file), next: 0 };
        journal.write(&[Entry::Opened(header.clone())])?;
        Ok(journal)
    }

    /// Goes on with one, and says what stands in it. Half a line at its end, of a producer that was killed, is removed: its record was
    /// not sent.
    pub fn resume(path: &Path) -> anyhow::Result<(Self, Content)> {
        let (content, whole) = read(path)?;
        let file = OpenOptions::new().append(true).open(path)?;
        file.set_len(whole).with_context(|| format!("cannot go on with {}", path.display()))?;
        let next = content.records.len() as u64;
        Ok((Self { path: path.to_owned(), file: BufWriter::new(file), next }, content))
    }

    /// What stands in one, whoever still writes it.
    pub fn read(path: &Path) -> anyhow::Result<Content> {
        read(path).map(|(content, _)| content)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes records that are about to be sent for the first time, and numbers them.
    pub fn sends(&mut self, parcels: &[Parcel]) -> anyhow::Result<Vec<u64>> {
        let records: Vec<Record> =
            (self.next..).zip(parcels).map(|(number, parcel)| Record::of(number, parcel)).collect();
        let numbers = records.iter().map(|record| record.number).collect();
        self.next += records.len() as u64;
        self.write(&records.into_iter().map(Entry::Sends).collect::<Vec<_>>())?;
        Ok(numbers)
    }

    /// Notes anything else, where there is anything.
    pub fn note(&mut self, entry: Entry) -> anyhow::Result<()> {
        match &entry {
            Entry::SendsAgain(none) | Entry::Acknowledged(none) | Entry::Refused(none) if none.is_empty() => Ok(()),
            _ => self.write(&[entry]),
        }
    }

    fn write(&mut self, entries: &[Entry]) -> anyhow::Result<()> {
        let mut write = || -> anyhow::Result<()> {
            for entry in entries {
                serde_json::to_writer(&mut self.file, entry)?;
                self.file.write_all(b"\n")?;
            }
            Ok(self.file.flush()?)
        };
        let written = write();
        written.with_context(|| format!("cannot write the journal {}", self.path.display()))
    }
}

/// What stands in a journal, and how many bytes of it are whole lines.
fn read(path: &Path) -> anyhow::Result<(Content, u64)> {
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

impl Content {
    /// What of the records that Kafka may have is not known to be there, by number.
    #[must_use]
    pub fn open(&self) -> Vec<u64> {
        (0..).zip(&self.records).filter(|(_, (_, attempts))| attempts.is_open()).map(|(number, _)| number).collect()
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use time::macros::datetime;

    use super::*;
    use crate::{Mixture, Shares, Shop};

    const OPENED: OffsetDateTime = datetime!(2026-11-21 09:30 UTC);

    fn header() -> Header {
        Header { name: "t".to_owned(), seed: 7, opened_at: OPENED }
    }

    fn parcels() -> Vec<Parcel> {
        let shares = Shares { duplicates: 0.2, rubbish: 0.3, out_of_order: 0.2 };
        Mixture::new(Shop::open(7, "t", OPENED).flatten().take(100), shares, 7).collect()
    }

    #[test]
    fn what_was_written_is_read_back_byte_for_byte_with_what_came_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/journal.jsonl");
        let (mut journal, parcels) = (Journal::create(&path, &header()).unwrap(), parcels());
        assert_eq!(journal.sends(&parcels[..3]).unwrap(), [0, 1, 2]);
        journal.note(Entry::Acknowledged(vec![0])).unwrap();
        journal.note(Entry::SendsAgain(vec![1, 2])).unwrap();
        journal.note(Entry::Refused(vec![2, 2])).unwrap();
        journal.note(Entry::Refused(Vec::new())).unwrap();
        assert_eq!(journal.sends(&parcels[3..]).unwrap().first(), Some(&3));

        let content = Journal::read(&path).unwrap();
        assert_eq!(content.header, header());
        assert_eq!(content.records.iter().map(|(parcel, _)| parcel.clone()).collect::<Vec<_>>(), parcels);
        let attempts: Vec<_> = content.records[..4].iter().map(|(_, attempts)| *attempts).collect();
        let of = |tries, acknowledged, refused| Attempts { tries, acknowledged, refused };
        assert_eq!(attempts, [of(1, 1, 0), of(2, 0, 0), of(2, 0, 2), of(1, 0, 0)]);
        assert_eq!(content.open()[..2], [1, 3]);
    }

    #[test]
    fn half_a_line_of_one_that_was_killed_is_removed_and_the_rest_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let parcels = parcels();
        Journal::create(&path, &header()).unwrap().sends(&parcels[..2]).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(br#"{"sends":{"number":2,"#).unwrap();
        assert_eq!(Journal::read(&path).unwrap().records.len(), 2);
        let (mut journal, content) = Journal::resume(&path).unwrap();
        assert_eq!(content.open(), [0, 1]);
        assert_eq!(journal.sends(&parcels[2..3]).unwrap(), [2]);
        assert_eq!(Journal::read(&path).unwrap().records[2].0, parcels[2]);
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over_and_one_that_is_no_journal_is_said_to_be_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        std::fs::write(&path, "hello\n").unwrap();
        assert!(Journal::create(&path, &header()).is_err());
        assert!(format!("{:#}", Journal::read(&path).unwrap_err()).contains("is no journal"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "hello\n");
    }
}
