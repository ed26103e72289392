use std::time::Instant;

use super::{Known, resident};
use crate::figures::{Sorted, millis};
use crate::host::Host;
use crate::stage::Stage;

/// Starts a function so often, each time on a host that has never run it, and gives it its first request.
pub(super) async fn of(stage: &Stage<'_>, name: &str, starts: u32) -> anyhow::Result<Known> {
    let (mut init, mut first, mut idle) = (Vec::new(), Vec::new(), f64::NAN);
    for _ in 0..starts {
        let host = Host::start(stage, vec![stage.function(name)?]).await?;
        let began = Instant::now();
        host.ask(name).await?;
        first.push(millis(began.elapsed()));
        // It is idle when it has polled again.
        host.after(name, 1.0).await?;
        init.push(host.started(name).await? * 1e3);
        idle = resident::of(name);
        host.stop().await;
    }
    let (init, first) = (Sorted::new(init), Sorted::new(first));
    Ok(Known { init: [init.of(0.5), init.of(1.0)], first: [first.of(0.5), first.of(1.0)], idle, work: f64::NAN })
}
