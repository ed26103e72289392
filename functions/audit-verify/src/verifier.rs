use store::audit_log::{Place, Row};

use crate::broken::{Broken, How};

/// How far a row is looked for from where it stands now.
const MOVED_BY: i64 = 1000;

/// Follows a chain from one row to the next. Of each row it proves that it says what was hashed, at this place, after this row before it.
#[derive(Debug)]
pub struct Verifier {
    place: Place,
    /// Whether something other than the table says that the row at this place is the right one.
    is_vouched: bool,
}

impl Verifier {
    /// Begins behind this place, whose hash is known from elsewhere.
    #[must_use]
    pub fn after(place: Place) -> Self {
        Self { place, is_vouched: true }
    }

    /// The last row that holds.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Takes the next row of the table.
    pub fn push(&mut self, row: &Row) -> Result<(), Broken> {
        let next = self.place.seq + 1;
        if row.seq != next {
            return Err(Broken::new(next, How::Removed, format!("row {next} is missing, and row {} follows", row.seq)));
        }
        let follows = row.previous_hash == self.place.hash;
        if follows && row.hash == row.hash_after(&self.place) {
            self.place = Place { seq: next, hash: row.hash.clone() };
            self.is_vouched = false;
            return Ok(());
        }
        if !follows && row.hash == row.hash_at(next) && !self.is_vouched {
            let before = self.place.seq;
            let what = format!(
                "row {next} was chained to another row {before} than the one that is there: row {before} was rewritten, its hash \
                 included, or row {next} was"
            );
            return Err(Broken::new(before, How::Edited, what));
        }
        Err(Broken::new(
            next,
            How::Edited,
            format!("what row {next} says does not give its hash after row {}", next - 1),
        ))
    }

    /// Whether `other` is the row that belongs where `found` stands: with its own hash, or with the one that stayed behind.
    #[must_use]
    pub fn belongs_here(&self, other: &Row, found: &Row) -> bool {
        let hash = other.hash_after(&self.place);
        other.hash == hash || found.hash == hash
    }

    /// What is said of a row that does not hold, when none of the rows behind it belongs there: rows before it may have been taken
    /// out or put in, and the others moved up or down.
    #[must_use]
    pub fn moved(&self, found: &Row) -> Option<Broken> {
        let (here, before) = (found.seq, self.place.seq);
        let moved_by =
            (1..=MOVED_BY).flat_map(|by| [by, -by]).find(|by| found.hash == found.hash_at(here.saturating_add(*by)))?;
        let was = here.saturating_add(moved_by);
        Some(if moved_by > 0 {
            let what = format!("row {here} is missing: the one that stands there was row {was}, and was moved up");
            Broken::new(here, How::Removed, what)
        } else {
            let what = format!("the row that stands at {here} was row {was}: a row was put in before it");
            Broken::new(before.max(1), How::Edited, what)
        })
    }

    /// The table has no more rows; the head was read together with the last of them.
    pub fn end(&self, head: Option<&Place>) -> Result<(), Broken> {
        let last = self.place.seq;
        match head {
            None if last == 0 => Ok(()),
            None => Err(Broken::new(
                last + 1,
                How::CutOff,
                format!("the chain has no head: nothing says what came after row {last}"),
            )),
            Some(head) if head.seq > last => {
                let what = format!("the chain ends with row {last}, and its head says {}", head.seq);
                Err(Broken::new(last + 1, How::CutOff, what))
            }
            Some(head) if head.seq < last => {
                let what =
                    format!("row {} stands behind the head: it was put in, or the head was turned back", head.seq + 1);
                Err(Broken::new(head.seq + 1, How::Edited, what))
            }
            Some(head) if head.hash != self.place.hash => {
                Err(Broken::new(last, How::Edited, format!("row {last} is not the one that the head names")))
            }
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use store::audit_log::Entry;
    use time::OffsetDateTime;

    use super::*;

    fn entry(id: i64) -> Entry {
        Entry {
            chain: "user.events/0".to_owned(),
            event_source: "/test".to_owned(),
            event_id: id.to_string(),
            event_type: "user.auth".to_owned(),
            user_id: "u-1".to_owned(),
            action: "login".to_owned(),
            resource: "session".to_owned(),
            status: "success".to_owned(),
            detail: None,
            is_stale: false,
            correlation_id: None,
            causation_id: None,
            occurred_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    /// A row that follows, as it is written.
    fn row_after(before: &Place, id: i64) -> Row {
        let recorded_at = OffsetDateTime::UNIX_EPOCH;
        let previous_hash = before.hash.clone();
        let mut row = Row { seq: before.seq + 1, previous_hash, hash: Vec::new(), recorded_at, entry: entry(id) };
        row.hash = row.hash_after(before).to_vec();
        row
    }

    fn place(row: &Row) -> Place {
        Place { seq: row.seq, hash: row.hash.clone() }
    }

    fn rows(count: i64) -> Vec<Row> {
        let mut before = Place::start();
        let next = |id| {
            let row = row_after(&before, id);
            before = place(&row);
            row
        };
        (1..=count).map(next).collect()
    }

    /// What is said of these rows, as the walk says it, and the place that it came to.
    fn verdict(rows: &[Row], head: Option<&Place>) -> Option<(i64, How)> {
        let mut verifier = Verifier::after(Place::start());
        for (at, row) in rows.iter().enumerate() {
            if let Err(broken) = verifier.push(row) {
                let swapped = rows[at + 1..].iter().any(|other| verifier.belongs_here(other, row));
                let moved = verifier.moved(row).map(|moved| (moved.seq, moved.how));
                return Some(match (broken.how, broken.seq == row.seq, swapped) {
                    (How::Edited, true, true) => (row.seq, How::Swapped),
                    (How::Edited, true, false) => moved.unwrap_or((broken.seq, broken.how)),
                    _ => (broken.seq, broken.how),
                });
            }
        }
        verifier.end(head).err().map(|broken| (broken.seq, broken.how))
    }

    fn head(rows: &[Row]) -> Option<Place> {
        rows.last().map(place)
    }

    #[test]
    fn a_chain_that_was_left_alone_holds() {
        for count in [0, 1, 7] {
            let rows = rows(count);
            assert_eq!(verdict(&rows, head(&rows).as_ref()), None, "{count}");
        }
    }

    #[test]
    fn each_field_that_is_edited_is_found_at_its_row() {
        let edits: [fn(&mut Row); 16] = [
            |row| row.previous_hash[0] ^= 1,
            |row| row.hash[31] ^= 1,
            |row| row.hash.clear(),
            |row| row.recorded_at += time::Duration::MICROSECOND,
            |row| row.entry.event_source.push('x'),
            |row| row.entry.event_id.push('x'),
            |row| row.entry.event_type.push('x'),
            |row| row.entry.user_id.push('x'),
            |row| row.entry.action.push('x'),
            |row| row.entry.resource.push('x'),
            |row| row.entry.status.push('x'),
            |row| row.entry.detail = Some(String::new()),
            |row| row.entry.is_stale = true,
            |row| row.entry.correlation_id = Some(String::new()),
            |row| row.entry.causation_id = Some(String::new()),
            |row| row.entry.occurred_at += time::Duration::MICROSECOND,
        ];
        for (number, edit) in edits.into_iter().enumerate() {
            for at in [0, 3, 6] {
                let mut rows = rows(7);
                let head = head(&rows);
                edit(&mut rows[at]);
                let expected = Some((i64::try_from(at).unwrap() + 1, How::Edited));
                assert_eq!(verdict(&rows, head.as_ref()), expected, "edit {number} at {at}");
            }
        }
    }

    #[test]
    fn a_row_rewritten_with_its_hash_is_found_by_the_next_and_the_last_by_the_head() {
        for at in 0..7 {
            let mut rows = rows(7);
            let head = head(&rows);
            rows[at].entry.status.push('x');
            rows[at].hash = rows[at].hash_at(rows[at].seq).to_vec();
            let expected = Some((i64::try_from(at).unwrap() + 1, How::Edited));
            assert_eq!(verdict(&rows, head.as_ref()), expected, "{at}");
        }
    }

    #[test]
    fn a_row_that_is_removed_is_named_whether_the_others_are_moved_up_or_not() {
        for at in 0..6 {
            let mut rows = rows(7);
            let (head, seq) = (head(&rows), rows[at].seq);
            rows.remove(at);
            assert_eq!(verdict(&rows, head.as_ref()), Some((seq, How::Removed)), "{at}");
            rows[at..].iter_mut().for_each(|row| row.seq -= 1);
            assert_eq!(verdict(&rows, head.as_ref()), Some((seq, How::Removed)), "{at}, moved up");
        }
    }

    #[test]
    fn rows_that_changed_places_are_told_by_the_first_whichever_columns_went_along() {
        let swaps: [fn(&mut Row, &mut Row); 4] = [
            |one, other| std::mem::swap(&mut one.entry, &mut other.entry),
            |one, other| {
                std::mem::swap(&mut one.entry, &mut other.entry);
                std::mem::swap(&mut one.recorded_at, &mut other.recorded_at);
                std::mem::swap(&mut one.hash, &mut other.hash);
            },
            |one, other| {
                std::mem::swap(one, other);
                std::mem::swap(&mut one.seq, &mut other.seq);
            },
            |one, other| std::mem::swap(&mut one.entry.event_id, &mut other.entry.event_id),
        ];
        for (number, swap) in swaps.into_iter().enumerate() {
            for (one, other) in [(0, 1), (2, 5), (5, 6), (0, 6)] {
                let mut rows = rows(7);
                let head = head(&rows);
                let (left, right) = rows.split_at_mut(other);
                swap(&mut left[one], &mut right[0]);
                let expected = Some((i64::try_from(one).unwrap() + 1, How::Swapped));
                assert_eq!(verdict(&rows, head.as_ref()), expected, "swap {number} of {one} and {other}");
            }
        }
    }

    #[test]
    fn a_chain_that_was_cut_off_is_told_by_its_head_and_by_its_absence() {
        for left in 0..7 {
            let rows = rows(7);
            let seq = i64::try_from(left).unwrap() + 1;
            assert_eq!(verdict(&rows[..left], head(&rows).as_ref()), Some((seq, How::CutOff)), "{left}");
        }
        assert_eq!(verdict(&rows(7), None), Some((8, How::CutOff)));
    }

    #[test]
    fn a_row_that_was_put_in_is_found_in_the_middle_and_at_the_end() {
        let mut forged = rows(7);
        let before = place(&forged[2]);
        let real_head = head(&forged);
        forged[3..].iter_mut().for_each(|row| row.seq += 1);
        forged.insert(3, row_after(&before, 99));
        assert_eq!(verdict(&forged, real_head.as_ref()), Some((4, How::Edited)));

        let mut forged = rows(7);
        forged.push(row_after(&place(&forged[6]), 99));
        assert_eq!(verdict(&forged, real_head.as_ref()), Some((8, How::Edited)));
    }
}
