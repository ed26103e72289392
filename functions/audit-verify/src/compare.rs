use std::collections::BTreeMap;

use store::audit_log::{self, Place};
use store::{Error, PgConnection};

use crate::broken::{Broken, How};
use crate::walk::{End, Walk};

/// What came of comparing a chain with what is known of it from elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Places that were compared.
    pub places: u64,
    /// The last place, before the first that differs, where the row is the right one.
    matching: i64,
    /// The first place where it is not, and whether there is a row.
    differs: Option<(i64, bool)>,
}

impl Compared {
    /// Compares the row that is there, if any, with what stood there.
    pub fn add(&mut self, known: &Place, found: Option<&[u8]>) {
        self.places += 1;
        if found == Some(known.hash.as_slice()) {
            let is_before = self.differs.is_none_or(|(seq, _)| known.seq < seq);
            self.matching = if is_before { self.matching.max(known.seq) } else { self.matching };
        } else if self.differs.is_none_or(|(seq, _)| known.seq < seq) {
            self.differs = Some((known.seq, found.is_some()));
            self.matching = if self.matching < known.seq { self.matching } else { 0 };
        }
    }

    /// Whether every row is the right one.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.differs.is_none()
    }

    /// What is wrong with the chain, given how the walk along it ended.
    #[must_use]
    pub fn verdict(&self, walk: &Walk) -> Option<Broken> {
        let broken = match &walk.end {
            End::Broken(broken) => Some(broken),
            End::Whole | End::Unfinished => None,
        };
        let Some((seq, is_there)) = self.differs else { return broken.cloned() };
        match broken {
            // What the walk has found is why the row differs, and says it more precisely.
            Some(broken) if broken.seq <= seq => Some(broken.clone()),
            _ => Some(self.difference(seq, is_there, walk)),
        }
    }

    fn difference(&self, seq: i64, is_there: bool, walk: &Walk) -> Broken {
        let (first, last) = (self.matching + 1, walk.place.seq);
        if is_there {
            let rows = if first == seq { format!("row {seq} was") } else { format!("rows from {first} to {seq} were") };
            let what =
                format!("{rows} rewritten, hashes included: row {seq} had another hash when it was written down");
            return Broken::new(first, How::Edited, what);
        }
        if walk.end == End::Unfinished {
            return Broken::new(
                first,
                How::Removed,
                format!("row {seq} was there when it was written down, and is missing"),
            );
        }
        let what = format!("the chain ends with row {last}, and row {seq} was there when it was written down");
        Broken::new(last + 1, How::CutOff, what)
    }
}

/// Compares the rows at these places of chains with what stood there, and adds it to what is known of each.
pub async fn compare(
    connection: &mut PgConnection,
    known: impl IntoIterator<Item = (String, Place)>,
    compared: &mut BTreeMap<String, Compared>,
) -> Result<(), Error> {
    let mut by_chain: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for (chain, place) in known {
        by_chain.entry(chain).or_default().push(place);
    }
    for (chain, mut places) in by_chain {
        places.sort_by(|one, other| (one.seq, &one.hash).cmp(&(other.seq, &other.hash)));
        places.dedup();
        let seqs: Vec<i64> = places.iter().map(|place| place.seq).collect();
        let found: BTreeMap<i64, Vec<u8>> =
            audit_log::hashes(connection, &chain, &seqs).await?.into_iter().map(|row| (row.seq, row.hash)).collect();
        let compared = compared.entry(chain).or_default();
        for place in &places {
            compared.add(place, found.get(&place.seq).map(Vec::as_slice));
        }
    }
    Ok(())
}
