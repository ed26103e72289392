use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use events::{InventoryAdjusted, OrderPlaced, PaymentSettled, UserRegistered, UserUpdated};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::{Attempts, Content, Parcel, What};

/// What a journal says that should be in the database.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expected {
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

/// What an event said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// The event.
    pub event_id: String,
    /// Whether Kafka has it for sure. Of one that was on its way when its producer was killed nobody knows.
    pub is_sure: bool,
    /// What it said.
    pub what: T,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What kind of user.
    pub user_type: String,
    /// The address.
    pub email: String,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who ordered.
    pub user_id: String,
    /// The currency.
    pub currency: String,
    /// Article, quantity and price of each line.
    pub items: Vec<(String, i64, i64)>,
    /// What they come to.
    pub total: i64,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// For which order.
    pub order_id: String,
    /// How much.
    pub amount: i64,
    /// What became of it.
    pub status: String,
}

/// An adjustment of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// The article.
    pub sku: String,
    /// By how many.
    pub delta: i64,
    /// Why.
    pub reason: String,
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
        let mut expected = Self::default();
        let mut sure = BTreeSet::new();
        for (parcel, attempts) in &content.records {
            if attempts.acknowledged > 0 {
                sure.extend(parcel.event_id.as_deref());
            }
        }
        for (parcel, attempts) in &content.records {
            // What was refused is nowhere, and so is nothing of it to be found.
            if attempts.most() > 0 {
                let is_sure = parcel.event_id.as_deref().is_some_and(|id| sure.contains(id));
                expected.enter(parcel, *attempts, is_sure)?;
            }
        }
        Ok(expected)
    }

    fn enter(&mut self, parcel: &Parcel, attempts: Attempts, is_sure: bool) -> anyhow::Result<()> {
        match (parcel.what, &parcel.event_id) {
            (What::Rubbish(_), Some(id)) => drop(self.rubbish.insert(id.clone(), is_sure)),
            (What::Rubbish(_), None) => {
                let hash = Sha256::digest(&parcel.value).to_vec();
                self.unreadable.insert(hash, (attempts.acknowledged, attempts.most()));
            }
            (what, _) => {
                self.duplicates += u64::from(what == What::Duplicate);
                self.tell(&parcel.value, is_sure).context("the journal has an event that is none")?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, value: &[u8], is_sure: bool) -> anyhow::Result<()> {
        let Envelope { id, r#type, sequence, data } = serde_json::from_slice(value)?;
        let data = data.get();
        match r#type.as_str() {
            "user.registered" => {
                let user: UserRegistered = serde_json::from_str(data)?;
                let what = User { user_type: user.user_type.to_string(), email: user.email.to_string() };
                self.users.insert(user.user_id.to_string(), Told { event_id: id, is_sure, what });
            }
            "user.updated" => {
                let update: UserUpdated = serde_json::from_str(data)?;
                let key = (update.user_id.to_string(), sequence.context("an update has no sequence")?);
                let name = update.display_name.context("an update has no name")?;
                self.names.insert(key, Told { event_id: id, is_sure, what: name.to_string() });
            }
            "order.placed" => {
                let order: OrderPlaced = serde_json::from_str(data)?;
                self.orders.insert(order.order_id.to_string(), Told { event_id: id, is_sure, what: order_of(&order) });
            }
            "payment.settled" => {
                let payment: PaymentSettled = serde_json::from_str(data)?;
                let what = Payment {
                    order_id: payment.order_id.to_string(),
                    amount: payment.amount.get(),
                    status: payment.status.name().to_owned(),
                };
                self.payments.insert(payment.payment_id.to_string(), Told { event_id: id, is_sure, what });
            }
            "inventory.adjusted" => {
                let adjusted: InventoryAdjusted = serde_json::from_str(data)?;
                let (sku, reason) = (adjusted.sku.to_string(), adjusted.reason.to_string());
                let what = Adjustment { sku, delta: adjusted.delta.get(), reason };
                self.adjustments.insert(adjusted.adjustment_id.to_string(), Told { event_id: id, is_sure, what });
            }
            other => anyhow::bail!("{other} is no event of a shop"),
        }
        Ok(())
    }

    /// The ids of all events that should take effect.
    pub fn event_ids(&self) -> impl Iterator<Item = &str> {
        let users = self.users.values().map(|told| &told.event_id);
        let names = self.names.values().map(|told| &told.event_id);
        let orders = self.orders.values().map(|told| &told.event_id);
        let payments = self.payments.values().map(|told| &told.event_id);
        let adjustments = self.adjustments.values().map(|told| &told.event_id);
        users.chain(names).chain(orders).chain(payments).chain(adjustments).map(String::as_str)
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
