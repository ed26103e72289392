/// What can happen in a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Somebody registers.
    User,
    /// Somebody who is registered takes another name.
    Rename,
    /// Somebody who is registered orders something.
    Order,
    /// Money moves for an order, or fails to.
    Payment,
    /// The stock of an article grows or shrinks.
    Inventory,
}
