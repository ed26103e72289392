mod content;
mod entry;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

pub use content::{Attempts, Content};
pub use entry::{Entry, Header, Record};

use crate::Parcel;
use content::read;

/// What was sent and what came of it, as lines of JSON. A line is with the operating system before its record is sent, so that the
/// journal of a producer that was killed is right: what is not acknowledged may have arrived or not. One producer at a time writes it.
pub struct Journal {
    path: PathBuf,
    file: BufWriter<File>,
    next: u64,
}

impl Journal {
    /// Begins one, in a file that must not be there.
    pub fn create(path: &Path, header: &Header) -> anyhow::Result<Self> {
        let folder = path.parent().context("a journal is in a folder")?;
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let file = OpenOptions::new().append(true).create_new(true).open(path);
        let file = file.with_context(|| format!("cannot begin the journal {}", path.display()))?;
        lock(&file, path)?;
        let mut journal = Self { path: path.to_owned(), file: BufWriter::new(file), next: 0 };
        journal.write(&[Entry::Opened(header.clone())])?;
        Ok(journal)
    }

    /// Goes on with one, and says what stands in it. Half a line at its end, of a producer that was killed, is removed: its record was
    /// not sent.
    pub fn resume(path: &Path) -> anyhow::Result<(Self, Content)> {
        let file = OpenOptions::new().append(true).open(path);
        let file = file.with_context(|| format!("cannot go on with {}", path.display()))?;
        // First: what another one is writing would look like half a line.
        lock(&file, path)?;
        let (content, whole) = read(path)?;
        file.set_len(whole).with_context(|| format!("cannot go on with {}", path.display()))?;
        let next = content.records.len() as u64;
        Ok((Self { path: path.to_owned(), file: BufWriter::new(file), next }, content))
    }

    /// What stands in one, whoever still writes it.
    pub fn read(path: &Path) -> anyhow::Result<Content> {
        read(path).map(|(content, _)| content)
    }

    /// The one of a folder that was written to last.
    #[must_use]
    pub fn latest(folder: &Path) -> Option<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let journals = entries.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
        let written = journals.filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)));
        written.max().map(|(_, path)| path)
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

/// Keeps other producers out for as long as the file is open.
fn lock(file: &File, path: &Path) -> anyhow::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            bail!("the journal {} is being written by another producer: wait until it has ended", path.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock the journal {}", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
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
        assert!(content.open().contains(&1) && !content.open().contains(&0));
    }

    #[test]
    fn a_refusal_is_the_last_word_on_rubbish_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let (mut journal, parcels) = (Journal::create(&path, &header()).unwrap(), parcels());
        let numbers = journal.sends(&parcels).unwrap();
        journal.note(Entry::Refused(numbers)).unwrap();
        let sound = (0..).zip(&parcels).filter(|(_, parcel)| !parcel.what.is_rubbish()).map(|(number, _)| number);
        assert_eq!(Journal::read(&path).unwrap().open(), sound.collect::<Vec<u64>>());
    }

    #[test]
    fn two_producers_do_not_write_one_journal_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let parcels = parcels();
        let mut journal = Journal::create(&path, &header()).unwrap();
        let error = Journal::resume(&path).err().expect("one writes it").to_string();
        assert!(error.contains("is being written by another producer"), "{error}");
        journal.sends(&parcels[..1]).unwrap();
        drop(journal);
        let (mut journal, content) = Journal::resume(&path).unwrap();
        assert_eq!(content.records.len(), 1);
        assert!(Journal::resume(&path).is_err());
        assert_eq!(journal.sends(&parcels[1..2]).unwrap(), [1]);
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
