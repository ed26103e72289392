//! The best of a course must not cost more the more threads it has.

use store::analytics::{Span, top, top_of_period};
use testkit::read_rows;
use testkit::sqlx::{self, Connection as _, PgConnection};
use time::macros::date;

use crate::world::World;

/// A course, and another one beside it.
const THREADS: &str = "
    insert into thread_aggregates (
        thread_id, course_id, title, title_sequence, author_id, views, created_at, last_activity_at, event_source, event_id,
        recorded_at
    )
    select 't-' || n, 'c-' || (n % 10 = 0)::int, 't', '1', 'u', hashint4(n) & 1023, now(), now(), '/test', n::text, now()
    from generate_series(1, 20000) as n;
    insert into thread_periods (course_id, period, starts_on, thread_id, views, comments, up_votes, down_votes)
    select course_id, period, starts_on, thread_id, views, 0, 0, 0
    from thread_aggregates
    cross join (values ('day', date '2026-11-21'), ('week', '2026-11-16'), ('month', '2026-11-01')) as p (period, starts_on);
    analyze thread_aggregates, thread_periods";

#[tokio::test]
async fn the_best_are_read_in_the_order_of_an_index_whatever_the_period() {
    let world = World::new().await;
    let mut owner = PgConnection::connect(&world.database.owner_url()).await.unwrap();
    sqlx::raw_sql(THREADS).execute(&mut owner).await.unwrap();
    let mut connection = PgConnection::connect(&world.database.url()).await.unwrap();
    let mut before = 0;
    for table in ["thread_aggregates", "thread_periods"] {
        before += read_rows(&mut connection, table).await;
    }
    let starts =
        [(Span::Day, date!(2026 - 11 - 21)), (Span::Week, date!(2026 - 11 - 16)), (Span::Month, date!(2026 - 11 - 01))];
    // More often than PostgreSQL plans a statement for its values.
    for _ in 0..8 {
        for course_id in ["c-0", "c-1"] {
            assert_eq!(top(&mut connection, course_id, 10).await.unwrap().len(), 10);
            for period in starts {
                assert_eq!(top_of_period(&mut connection, course_id, period, 10).await.unwrap().len(), 10);
            }
            assert!(top(&mut connection, "c-9", 10).await.unwrap().is_empty());
        }
    }
    let mut read = -before;
    for table in ["thread_aggregates", "thread_periods"] {
        read += read_rows(&mut connection, table).await;
    }
    // 64 lists of 10, three quarters of them with the row of each thread.
    assert!((640..6000).contains(&read), "{read} rows were read");
}
