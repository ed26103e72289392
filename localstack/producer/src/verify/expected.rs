use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use events::{InventoryAdjusted, OrderPlaced, PaymentSettled, UserRegistered, UserUpdated};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::told::{Adjustment, Order, Payment, Standing, Told, User};
use crate::{Attempts, Content, Parcel, What};

/// What a journal says that should be in the database.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// What all ids of the shop begin with.
    pub name: String,
    /// The ids of all events that should take effect.
    pub event_ids: BTreeSet<String>,
    /// Users, by id.
    pub users: BTreeMap<String, Told<User>>,
    /// What users are called now, by user and sequence.
    pub names: BTreeMap<(String, String), Told<String>>,
    /// Orders, by id.
    pub orders: BTreeMap<String, Told<Order>>,
    /// Payments, by id.
    pub payments: BTreeMap<String, Told<Payment>>,
    /// Adjustments of stock, by id.
    pub adjustments: BTreeMap<String, Told<Adjustment>>,
    /// Rubbish that has the id of an event: one dead letter, however often it arrives.
    pub rubbish: BTreeMap<String, bool>,
    /// Rubbish without, by the SHA-256 of its bytes: a dead letter for each time that it arrives, of which these are the least and
    /// the most.
    pub unreadable: BTreeMap<Vec<u8>, (u64, u64)>,
    /// Records that were sent a second time, with the same bytes.
    pub duplicates: u64,
}

/// An event, as far as it is read here.
#[derive(Deserialize)]
struct Envelope<'a> {
    id: String,
    r#type: String,
    sequence: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
}

impl Expected {
    /// Reads it from a journal's records.
    pub fn of(content: &Content) -> anyhow::Result<Self> {
        let mut expected = Self { name: content.header.name.clone(), ..Self::default() };
        let mut standings: BTreeMap<&str, Standing> = BTreeMap::new();
        for (parcel, attempts) in &content.records {
            if let Some(id) = parcel.event_id.as_deref() {
                let standing = standings.entry(id).or_insert(Standing::Open);
                *standing = Standing::of(*attempts).max(*standing);
            }
        }
        for (parcel, attempts) in &content.records {
            let standing = parcel.event_id.as_deref().and_then(|id| standings.get(id)).copied();
            expected.enter(parcel, *attempts, standing.unwrap_or(Standing::Open))?;
        }
        Ok(expected)
    }

    fn enter(&mut self, parcel: &Parcel, attempts: Attempts, standing: Standing) -> anyhow::Result<()> {
        match (parcel.what, &parcel.event_id) {
            // Rubbish that was refused is nowhere, as it should be.
            (What::Rubbish(_), _) if attempts.most() == 0 => {}
            (What::Rubbish(_), Some(id)) => drop(self.rubbish.insert(id.clone(), standing == Standing::Acknowledged)),
            (What::Rubbish(_), None) => {
                let hash = Sha256::digest(&parcel.value).to_vec();
                self.unreadable.insert(hash, (attempts.acknowledged, attempts.most()));
            }
            (what, _) => {
                self.duplicates += u64::from(what == What::Duplicate && attempts.most() > 0);
                self.tell(&parcel.value, standing).context("the journal has an event that is none")?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, value: &[u8], standing: Standing) -> anyhow::Result<()> {
        let Envelope { id, r#type, sequence, data } = serde_json::from_slice(value)?;
        let data = data.get();
        self.event_ids.insert(id.clone());
        match r#type.as_str() {
            "user.registered" => {
                let user: UserRegistered = serde_json::from_str(data)?;
                let what = User { user_type: user.user_type.to_string(), email: user.email.to_string() };
                self.users.insert(user.user_id.to_string(), Told { event_id: id, standing, what });
            }
            "user.updated" => {
                let update: UserUpdated = serde_json::from_str(data)?;
                let key = (update.user_id.to_string(), sequence.context("an update has no sequence")?);
                let name = update.display_name.context("an update has no name")?;
                self.names.insert(key, Told { event_id: id, standing, what: name.to_string() });
            }
            "order.placed" => {
                let order: OrderPlaced = serde_json::from_str(data)?;
                self.orders.insert(order.order_id.to_string(), Told { event_id: id, standing, what: order_of(&order) });
            }
            "payment.settled" => {
                let payment: PaymentSettled = serde_json::from_str(data)?;
                let what = Payment {
                    order_id: payment.order_id.to_string(),
                    amount: payment.amount.get(),
                    status: payment.status.name().to_owned(),
                };
                self.payments.insert(payment.payment_id.to_string(), Told { event_id: id, standing, what });
            }
            "inventory.adjusted" => {
                let adjusted: InventoryAdjusted = serde_json::from_str(data)?;
                let (sku, reason) = (adjusted.sku.to_string(), adjusted.reason.to_string());
                let what = Adjustment { sku, delta: adjusted.delta.get(), reason };
                self.adjustments.insert(adjusted.adjustment_id.to_string(), Told { event_id: id, standing, what });
            }
            other => anyhow::bail!("{other} is no event of a shop"),
        }
        Ok(())
    }
}

fn order_of(order: &OrderPlaced) -> Order {
    let lines = order.items.lines().iter();
    Order {
        user_id: order.user_id.to_string(),
        currency: order.currency.to_string(),
        items: lines.map(|line| (line.sku.to_string(), line.quantity.get(), line.unit_price.get())).collect(),
        total: order.items.total(),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{Header, Shop};

    /// The first two users of a shop: a record of one, and two of the other.
    fn content(attempts: [Attempts; 3]) -> Content {
        let mut shop = Shop::open(7, "t", datetime!(2026-11-21 09:30 UTC));
        let [one, other] = [(); 2].map(|()| Parcel::of(&shop.tell(crate::Deed::User)[0]));
        let again = Parcel { what: What::Duplicate, ..other.clone() };
        let header = Header { name: "t".to_owned(), seed: 7, opened_at: datetime!(2026-11-21 09:30 UTC) };
        Content { header, records: [one, other, again].into_iter().zip(attempts).collect() }
    }

    fn standings(attempts: [(u64, u64, u64); 3]) -> Vec<Standing> {
        let attempts = attempts.map(|(tries, acknowledged, refused)| Attempts { tries, acknowledged, refused });
        let expected = Expected::of(&content(attempts)).unwrap();
        expected.users.values().map(|told| told.standing).collect()
    }

    #[test]
    fn a_sound_event_that_was_refused_is_expected_all_the_same() {
        assert_eq!(standings([(1, 0, 1), (1, 0, 1), (1, 0, 1)]), [Standing::Refused; 2]);
    }

    #[test]
    fn an_event_that_arrived_once_is_there_whatever_became_of_its_other_record() {
        let expected = [Standing::Open, Standing::Acknowledged];
        assert_eq!(standings([(1, 0, 0), (1, 0, 1), (2, 1, 0)]), expected);
        assert_eq!(standings([(1, 0, 0), (1, 1, 0), (1, 0, 0)]), expected);
    }
}
