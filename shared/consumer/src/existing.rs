use std::collections::{BTreeMap, HashSet};

use store::PgConnection;
use store::parked_events::Entity;

use crate::{Consumer, ProcessError};

/// Which of the rows are there.
pub(crate) async fn existing<'e, C: Consumer>(
    consumer: &C,
    connection: &mut PgConnection,
    entities: impl Iterator<Item = &'e Entity>,
) -> Result<HashSet<Entity>, ProcessError> {
    let mut by_kind: BTreeMap<&str, (&Entity, Vec<String>)> = BTreeMap::new();
    for entity in entities {
        by_kind.entry(&entity.kind).or_insert_with(|| (entity, Vec::new())).1.push(entity.id.clone());
    }
    let mut existing = HashSet::new();
    for (kind, (example, mut ids)) in by_kind {
        ids.sort();
        ids.dedup();
        let found = consumer.existing(connection, kind, &ids).await?;
        existing.extend(found.into_iter().map(|id| Entity { kind: example.kind.clone(), id }));
    }
    Ok(existing)
}
