use std::io::stdin;

use console::Term;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// While it lives, Ctrl-C is a key like others, which the question reads: as a signal it can come between two reads, and the second one
/// would wait on. Afterwards the terminal is as it was, and its cursor shows.
pub(super) struct Asking {
    before: Option<Termios>,
}

impl Asking {
    /// Where standard input is no terminal, there is nothing to change.
    pub(super) fn begin() -> Self {
        let before = tcgetattr(stdin()).ok();
        if let Some(before) = &before {
            let mut settings = before.clone();
            settings.local_modes.remove(LocalModes::ISIG);
            tcsetattr(stdin(), OptionalActions::Now, &settings).ok();
        }
        Self { before }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            tcsetattr(stdin(), OptionalActions::Now, before).ok();
        }
        Term::stderr().show_cursor().ok();
    }
}
