//! What has to hold once nothing is on its way any more.

use std::collections::BTreeMap;

use serde_json::Value;
use testkit::{eventually, sqlx};

use super::world::World;
use crate::path::PATIENCE;

impl World {
    /// Waits until nothing is on its way, and looks at all of it: every event is in the topic, those of a thread in their order; the
    /// aggregates are what the service itself counts, and what their facts come to; and nothing failed or waits.
    pub async fn is_whole(&self) {
        let is_empty = async || (self.waiting().await == 0).then_some(());
        eventually("the outbox is empty", PATIENCE, is_empty).await;
        assert_eq!(self.first_appearances(), self.versions().await);
        self.all_committed().await;
        assert_eq!(self.unlike_the_service().await, Vec::<String>::new());
        assert_eq!(self.left_behind().await, 0);
        let mut connection = self.database.pool.acquire().await.unwrap();
        let verdicts = store::aggregates_check::compare_all(&mut connection, |_| ()).await.unwrap();
        let wrong: Vec<_> = verdicts.into_iter().filter(|verdict| verdict.differing > 0).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Of each thread the numbers of its events, as they first appear in the topic.
    pub fn first_appearances(&self) -> BTreeMap<String, Vec<i64>> {
        let mut threads = BTreeMap::<String, Vec<i64>>::new();
        for record in self.topic.read_all() {
            let event: Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
            let number = event["sequence"].as_str().unwrap().parse().unwrap();
            let numbers = threads.entry(String::from_utf8(record.key.unwrap()).unwrap()).or_default();
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        threads
    }

    /// The same as the service has numbered them.
    async fn versions(&self) -> BTreeMap<String, Vec<i64>> {
        let threads: Vec<(String, i64)> = sqlx::query_as("select thread_id::text, version from threads")
            .fetch_all(&self.database.pool)
            .await
            .unwrap();
        threads.into_iter().map(|(thread, version)| (thread, (1..=version).collect())).collect()
    }

    /// Threads of which the service and the aggregates do not say the same.
    async fn unlike_the_service(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select coalesce(t.thread_id::text, a.thread_id) from threads t
             full join thread_aggregates a on a.thread_id = t.thread_id::text
             where (t.course_id, t.views, t.comments, t.up_votes, t.down_votes, t.deleted_at is null)
                   is distinct from (a.course_id, a.views, a.comments, a.up_votes, a.down_votes, a.deleted_at is null)
                or (t.deleted_at is null and t.title is distinct from a.title)",
        )
        .fetch_all(&self.database.pool)
        .await
        .unwrap()
    }

    async fn left_behind(&self) -> i64 {
        sqlx::query_scalar(
            "select (select count(*) from dead_letters) + (select count(*) from parked_events)
                    + (select count(*) from blocked_keys)",
        )
        .fetch_one(&self.database.pool)
        .await
        .unwrap()
    }

    /// All that the consumer has written, as text: facts without the order in which they came.
    pub async fn aggregates(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select 'thread ' || to_jsonb(a)::text from thread_aggregates a
             union all select 'fact ' || (to_jsonb(f) - 'activity_id')::text from thread_activity f
             union all select 'period ' || to_jsonb(p)::text from thread_periods p
             union all select 'day ' || to_jsonb(d)::text from course_days d
             order by 1",
        )
        .fetch_all(&self.database.pool)
        .await
        .unwrap()
    }
}
