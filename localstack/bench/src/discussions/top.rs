//! What it takes to read the best of a course that has very many threads.

use analytics_api::AnalyticsApi;
use store::analytics::Span;
use time::OffsetDateTime;

use crate::arguments::Sizes;
use crate::database::Database;
use crate::reads::{explain, times};
use crate::results::{Bar, Results, Table, number};
use crate::stage::Stage;

/// The course; twenty others have as many threads together.
const COURSE: &str = "large";
/// How many threads are shown.
const BEST: i64 = 10;

/// Some had far more views than others, and no two neighbours are alike.
const THREADS: &str = "
    insert into thread_aggregates (thread_id, course_id, title, title_sequence, author_id, views, comments, up_votes, down_votes,
        created_at, last_activity_at, event_source, event_id, recorded_at)
    select 'top-t-' || n, case when n < $1 then 'large' else 'other-' || n % 20 end, 'Question ' || n, '1', 'person-' || n % 5000,
        views, views / 8, views / 5, views / 40, now() - n * interval '1 minute', now(), '/bench', 'top-' || n, now()
    from generate_series(0, 2 * $1::bigint - 1) as n
    cross join lateral (select 50 + 10 * $1 / (1 + n * 7919 % $1) as views) as popular";
const PERIODS: &str = "
    insert into thread_periods (course_id, period, starts_on, thread_id, views, comments, up_votes, down_votes)
    select course_id, period, starts_on, thread_id, views / share, comments / share, up_votes / share, down_votes / share
    from thread_aggregates
    cross join (
        values ('day', $1::date, 30), ('week', $2::date, 8), ('week', $2::date - 7, 9), ('month', $3::date, 2)
    ) as part (period, starts_on, share)";
const DAYS: &str = "
    insert into course_days (course_id, day, threads, views, comments, up_votes, down_votes)
    select course_id, day, count(*), sum(views) / 30, sum(comments) / 30, sum(up_votes) / 30, sum(down_votes) / 30
    from thread_aggregates cross join generate_series($1::date - 29, $1, interval '1 day') as day
    group by course_id, day";
/// As `store::analytics::top` asks.
const ALL: &str = "
    select thread_id, title, author_id, views, comments, up_votes, down_votes, score, last_activity_at
    from thread_aggregates
    where course_id = $1 and deleted_at is null
    order by score desc, thread_id
    limit $2";
const OF_PERIOD: &str = include_str!("../../../../shared/store/queries/list_top_threads_of_period.sql");

/// Measures it, since ever and of a week.
pub(super) async fn run(stage: &mut Stage<'_>, sizes: &Sizes, results: &mut Results) -> anyhow::Result<()> {
    results.heading(&format!("The best of a course with {} threads", sizes.threads));
    #[expect(clippy::disallowed_methods, reason = "the clock is read here, as the function's main does")]
    let api = AnalyticsApi::start(&stage.environment(), OffsetDateTime::now_utc)?;
    #[expect(clippy::disallowed_methods, reason = "what happens today is of this week")]
    let today = OffsetDateTime::now_utc().date();
    fill(stage.database, sizes.threads, today).await?;
    let (router, ()) = analytics_api::router(api);
    results.say(&format!(
        "{} requests of each by one client: `analytics-api`'s own code in one process, from the request to the last byte of the answer, with \
         the look-up of the API key. Twenty other courses have as many threads together",
        sizes.requests
    ));
    let table = Table::new(&["period", "p50 ms", "p99 ms", "longest"]);
    results.table(&table);
    for period in ["all", "week"] {
        let path = format!("/api/analytics/courses/{COURSE}/top?period={period}");
        let times = times(&router, &stage.key, sizes.requests, || path.clone()).await?;
        let figures = [0.5, 0.99, 1.0].map(|share| times.of(share));
        results.row(&table, &std::iter::once(period.to_owned()).chain(figures.map(number)).collect::<Vec<_>>());
        results.figure(&format!("analytics-api.top_{period}_ms.p50"), figures[0]);
        results.figure(&format!("analytics-api.top_{period}_ms.p99"), figures[1]);
    }
    for (period, plan) in plans(stage.database, today).await? {
        let p99 = results.known(&format!("analytics-api.top_{period}_ms.p99"));
        let what = format!("Top {BEST} of {} threads ({period}), p99 of the handler", sizes.threads);
        results.judge(&what, p99, "ms", Bar::Below(10.0));
        results.block(&plan);
    }
    Ok(())
}

async fn fill(database: &mut Database, threads: u32, today: time::Date) -> anyhow::Result<()> {
    println!("Making threads: {threads} in one course");
    database.empty_discussions().await?;
    let connection = &mut database.connection;
    sqlx::query(THREADS).bind(i64::from(threads)).execute(&mut *connection).await?;
    let ((monday, _), (first, _)) = (Span::Week.around(today), Span::Month.around(today));
    sqlx::query(PERIODS).bind(today).bind(monday).bind(first).execute(&mut *connection).await?;
    sqlx::query(DAYS).bind(today).execute(&mut *connection).await?;
    sqlx::raw_sql("vacuum analyze thread_aggregates, thread_periods, course_days").execute(connection).await?;
    database.settle().await
}

/// How PostgreSQL goes about them.
async fn plans(database: &mut Database, today: time::Date) -> anyhow::Result<[(&'static str, String); 2]> {
    let connection = &mut database.connection;
    let all = sqlx::query_scalar(explain(ALL)).bind(COURSE).bind(BEST);
    let all: Vec<String> = all.fetch_all(&mut *connection).await?;
    let (monday, _) = Span::Week.around(today);
    let week = sqlx::query_scalar(explain(OF_PERIOD)).bind(COURSE).bind(Span::Week.name()).bind(monday).bind(BEST);
    let week: Vec<String> = week.fetch_all(&mut *connection).await?;
    Ok([("all", all.join("\n")), ("week", week.join("\n"))])
}
