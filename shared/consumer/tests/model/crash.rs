//! An environment that dies in the middle.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is dropped when it has been asked so often, or when it panics: then it comes to nothing.
pub struct Mortal<F> {
    future: Option<Pin<Box<F>>>,
    life: usize,
}

impl<F> Mortal<F> {
    pub fn new(future: F, life: usize) -> Self {
        Self { future: Some(Box::pin(future)), life }
    }
}

impl<F: Future> Future for Mortal<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let life = self.life;
        let Some(future) = self.future.as_mut().filter(|_| life > 0) else {
            self.future = None;
            return Poll::Ready(None);
        };
        let answer = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        self.life -= 1;
        if let Ok(answer) = answer {
            return answer.map(Some);
        }
        self.future = None;
        Poll::Ready(None)
    }
}
