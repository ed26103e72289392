use events::{SystemAudit, Text, UserId};
use store::dead_letters::{Reason, Tally};

/// Dead letters that were sent on again or given up, as the audit log has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repaired<'a> {
    /// The numbers that were asked for.
    pub ids: &'a [i64],
    /// How they were selected, in words.
    pub selection: &'a str,
    /// Those of them that were open.
    pub done: &'a [Tally],
}

impl Repaired<'_> {
    /// That they were sent on again.
    #[must_use]
    pub fn redriven(&self, actor: UserId) -> SystemAudit {
        self.on_record(actor, "dead-letters.redriven", "redrive", None)
    }

    /// That they were given up, and why.
    #[must_use]
    pub fn discarded(&self, actor: UserId, reason: &Reason) -> SystemAudit {
        self.on_record(actor, "dead-letters.discarded", "discard", Some(reason))
    }

    fn on_record(&self, actor: UserId, event_type: &str, action: &str, reason: Option<&Reason>) -> SystemAudit {
        let resource = match self.ids {
            [id] => format!("dead-letters/{id}"),
            _ => "dead-letters".to_owned(),
        };
        let kinds = self.done.iter().map(|tally| format!("{} of {}", tally.letters, tally.error_class));
        let letters: i64 = self.done.iter().map(|tally| tally.letters).sum();
        let detail = format!(
            "letters: {letters} ({}){}, selection: {}",
            kinds.collect::<Vec<_>>().join(", "),
            reason.map(|reason| format!(", reason: {}", reason.as_str())).unwrap_or_default(),
            self.selection,
        );
        SystemAudit {
            event_type: Text::new(event_type).expect("a short text"),
            user_id: actor,
            action: Text::new(action).expect("a short text"),
            resource: Text::new(resource).expect("a short text"),
            status: Text::new("success").expect("a short text"),
            detail: Text::cut(detail.as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(error_class: &str, letters: i64) -> Tally {
        Tally { consumer: "event-fanout".to_owned(), error_class: error_class.to_owned(), letters }
    }

    #[test]
    fn one_letter_is_named_and_many_are_counted() {
        let actor: UserId = "key:k1".parse().unwrap();
        let done = [tally("email-taken", 1)];
        let one = Repaired { ids: &[7], selection: "id=7", done: &done }.redriven(actor.clone());
        assert_eq!(one.resource.as_str(), "dead-letters/7");
        assert_eq!(one.detail.unwrap().as_str(), "letters: 1 (1 of email-taken), selection: id=7");
        let done = [tally("email-taken", 1), tally("malformed", 2)];
        let reason = Reason::new(&"x".repeat(2000)).unwrap();
        let many = Repaired { ids: &[7, 8, 9], selection: "all", done: &done }.discarded(actor, &reason);
        let detail = many.detail.unwrap();
        assert_eq!((many.resource.as_str(), detail.as_str().len()), ("dead-letters", 1024));
        assert!(detail.as_str().starts_with("letters: 3 (1 of email-taken, 2 of malformed), reason: xxx"), "{detail}");
    }
}
