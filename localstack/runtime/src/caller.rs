//! Who waits for the outcome of an invocation.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::failure::{Failure, Outcome};
use crate::figures::Figures;

/// Is answered once: later outcomes of the same invocation have nobody to go to.
pub(crate) struct Caller {
    sender: Option<oneshot::Sender<Outcome>>,
    function: String,
    figures: Arc<Figures>,
}

impl Caller {
    /// Also returns where the outcome arrives.
    pub(crate) fn new(function: &str, figures: &Arc<Figures>) -> (Self, oneshot::Receiver<Outcome>) {
        let (sender, outcome) = oneshot::channel();
        (Self { sender: Some(sender), function: function.to_owned(), figures: Arc::clone(figures) }, outcome)
    }

    pub(crate) fn answer(&mut self, outcome: Outcome) {
        if let Some(sender) = self.sender.take() {
            self.figures.invoked(&self.function, &outcome);
            // An error means that the caller has gone away, which does not concern the function.
            let _ = sender.send(outcome);
        }
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        self.answer(Err(failure));
    }
}
