mod trade;

use events::{
    Currency, Data, Event, OrderId, OrderItem, PaymentStatus, Source, Text, UserId, UserRegistered, UserUpdated,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::{Duration, OffsetDateTime};
use uuid::Builder;

use crate::Deed;

/// Who makes the events.
pub const SOURCE: &str = "/producer";

/// So many articles the shop has.
const ARTICLES: u32 = 40;
/// So many of the latest orders get payments.
const LATEST: usize = 200;
const KINDS: [&str; 3] = ["student", "teacher", "guest"];
const CURRENCIES: [&str; 4] = ["EUR", "EUR", "USD", "JPY"];
const NAMES: [&str; 6] = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald"];

/// A shop, as far as its history was told. The same seed, name and moment make the same history, byte for byte, and its events are
/// coherent: who orders is registered, and what is paid was ordered.
pub struct Shop {
    random: StdRng,
    name: String,
    opened_at: OffsetDateTime,
    told: u32,
    users: Vec<User>,
    orders: Vec<Order>,
    placed: u32,
    payments: u32,
    adjustments: u32,
}

struct User {
    id: UserId,
    renamed: u32,
}

/// An order for which money may still move.
struct Order {
    id: OrderId,
    currency: Currency,
    total: i64,
    paid: i64,
}

impl Shop {
    /// Opens one. All its ids begin with the name, which has what an id may have, and is so short that they fit.
    #[must_use]
    pub fn open(seed: u64, name: &str, opened_at: OffsetDateTime) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            name: name.to_owned(),
            opened_at: opened_at.truncate_to_microsecond(),
            told: 0,
            users: Vec::new(),
            orders: Vec::new(),
            placed: 0,
            payments: 0,
            adjustments: 0,
        }
    }

    /// This happens next, after what it needs and is not there yet.
    pub fn tell(&mut self, deed: Deed) -> Vec<Event> {
        let mut before = Vec::new();
        if matches!(deed, Deed::Order | Deed::Rename) && self.users.is_empty() {
            before = self.tell(Deed::User);
        }
        // An order that costs nothing leaves nothing to be paid.
        while deed == Deed::Payment && self.orders.is_empty() {
            before.extend(self.tell(Deed::Order));
        }
        before.push(match deed {
            Deed::User => self.register(),
            Deed::Rename => self.rename(),
            Deed::Order => self.place(),
            Deed::Payment => self.pay(),
            Deed::Inventory => self.adjust(),
        });
        before
    }

    /// A user with the stock of what they order, which they pay in two parts and get a part of back.
    pub fn story(&mut self) -> Vec<Event> {
        let mut story = vec![self.register(), self.rename()];
        let user = self.users.last().expect("one has registered").id.clone();
        let (order, total) = self.order_of(user, 1);
        let Data::OrderPlaced(placed) = &order.data else { unreachable!("it is an order") };
        let (id, currency) = (placed.order_id.clone(), placed.currency);
        let lines: Vec<OrderItem> = placed.items.lines().to_vec();
        story.extend(lines.iter().map(|line| self.adjustment(line.sku.as_str(), 100, "delivery")));
        story.push(order);
        for line in &lines {
            story.push(self.adjustment(line.sku.as_str(), -line.quantity.get(), &format!("order {id}")));
        }
        let deposit = (total / 3).max(1);
        let moves = [
            (deposit, PaymentStatus::Settled),
            (total - deposit, PaymentStatus::Failed),
            (total - deposit, PaymentStatus::Settled),
            (deposit, PaymentStatus::Refunded),
        ];
        story.extend(moves.map(|(amount, status)| self.payment(id.clone(), currency, amount.max(1), status)));
        story
    }

    fn register(&mut self) -> Event {
        let id = format!("{}-u-{}", self.name, self.users.len() + 1);
        let user_id: UserId = id.parse().expect("the name has only what an id may have");
        self.users.push(User { id: user_id.clone(), renamed: 0 });
        let user_type = text(self.pick(&KINDS));
        let email = format!("{id}@example.com").parse().expect("an address");
        self.event(None, Data::UserRegistered(UserRegistered { user_id, user_type, email, display_name: None }))
    }

    fn rename(&mut self) -> Event {
        let place = self.random.random_range(0..self.users.len());
        let name = self.pick(&NAMES);
        let user = &mut self.users[place];
        user.renamed += 1;
        let (user_id, sequence) = (user.id.clone(), format!("{:010}", user.renamed));
        let update = UserUpdated {
            user_id,
            updated_fields: vec![text("displayName")],
            user_type: None,
            email: None,
            display_name: Some(text(&format!("{name} {sequence}"))),
        };
        self.event(Some(text(&sequence)), Data::UserUpdated(update))
    }

    fn article(&mut self) -> String {
        format!("{}-sku-{}", self.name, self.random.random_range(1..=ARTICLES))
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.random.random_range(0..of.len())]
    }

    /// Each event is a microsecond later than the one before.
    fn event(&mut self, sequence: Option<Text<64>>, data: Data) -> Event {
        let time = self.opened_at + Duration::microseconds(self.told.into());
        self.told += 1;
        let millis = u64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        Event {
            id: Builder::from_unix_timestamp_millis(millis, &self.random.random()).into_uuid().into(),
            source: Source::new(SOURCE).expect("a short text"),
            time,
            subject: None,
            sequence,
            correlation_id: None,
            causation_id: None,
            traceparent: None,
            data,
        }
    }
}

/// The history of a busy day, without end.
impl Iterator for Shop {
    type Item = Vec<Event>;

    fn next(&mut self) -> Option<Vec<Event>> {
        let deed = match self.random.random_range(0..100) {
            0..8 => Deed::User,
            8..12 => Deed::Rename,
            12..50 => Deed::Order,
            50..86 => Deed::Payment,
            _ => Deed::Inventory,
        };
        Some(self.tell(deed))
    }
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).expect("a short text")
}
