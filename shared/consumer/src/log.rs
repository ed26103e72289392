use events::TraceId;

use crate::Consumer;
use crate::fate::Fate;
use crate::item::Item;

/// A line about an event, to be written once what it says is true.
#[derive(Debug)]
pub(crate) struct Line {
    event_id: Option<String>,
    correlation_id: Option<String>,
    trace_id: Option<TraceId>,
    topic: String,
    partition: i32,
    offset: i64,
    fate: Fate,
}

/// The line of an item. What went as it should, or waits only behind another or still, is for debugging: a batch has its own line.
pub(crate) fn line<C: Consumer>(item: &Item<C::Row>, fate: &Fate) -> Option<Line> {
    let again = item.parked.is_some() && matches!(fate, Fate::Parked(_));
    let plain = matches!(fate, Fate::Applied | Fate::Duplicate | Fate::Stale | Fate::Parked(None)) || again;
    if plain && !tracing::enabled!(tracing::Level::DEBUG) {
        return None;
    }
    Some(Line {
        event_id: item.identity.as_ref().map(|identity| identity.id.to_string()),
        correlation_id: item.correlation_id.as_ref().map(ToString::to_string),
        trace_id: item.trace_id,
        topic: item.record.topic.clone(),
        partition: item.record.partition,
        offset: item.record.offset,
        fate: fate.clone(),
    })
}

macro_rules! event_line {
    ($level:ident, $line:expr, $($rest:tt)+) => {
        tracing::$level!(
            event.id = $line.event_id,
            correlation.id = $line.correlation_id,
            trace.id = $line.trace_id.map(tracing::field::display),
            kafka.topic = $line.topic,
            kafka.partition = $line.partition,
            kafka.offset = $line.offset,
            outcome = $line.fate.name(),
            $($rest)+
        )
    };
}

pub(crate) fn write(line: &Line) {
    match &line.fate {
        Fate::DeadLettered { class, reason } => event_line!(
            warn,
            line,
            error.class = class,
            error.message = crate::dead_letter::cut(reason),
            "Record kept as a dead letter"
        ),
        Fate::Parked(Some(row)) => {
            event_line!(
                info,
                line,
                awaits.kind = &*row.kind,
                awaits.id = row.id,
                "Event parked until its row is there"
            );
        }
        Fate::Parked(None) => event_line!(debug, line, "Event parked behind another of its key"),
        Fate::Applied | Fate::Duplicate | Fate::Stale => event_line!(debug, line, "Event processed"),
    }
}
