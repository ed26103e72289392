//! What it takes to read a user and an order of a shop that has very many.

use std::time::Instant;

use anyhow::ensure;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use read_api::ReadApi;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use tower::ServiceExt;

use crate::arguments::Sizes;
use crate::database::Database;
use crate::figures::{Sorted, millis};
use crate::results::{Bar, Results, Table, number};
use crate::stage::Stage;

const SEED: u64 = 20_261_123;
/// Orders of each user.
const ORDERS_OF_USER: u32 = 20;
/// Orders that are made in one statement.
const TOGETHER: u32 = 50_000;
/// Requests of each kind before any counts.
const WARM_UP: u32 = 200;
/// The largest answer that is expected, in bytes.
const LIMIT: usize = 1 << 20;

const USERS: &str = "
    insert into users (user_id, user_type, email, email_key, registered_version, registered_at)
    select 'reads-u-' || n, 'student', 'reads-' || n || '@example.com', 'reads-' || n || '@example.com', '1', now()
    from generate_series(0, $1::bigint - 1) as n";
/// Each has two lines and is paid.
const ORDERS: &str = "
    with placed as (
        insert into orders (order_id, user_id, currency, total, settled, event_source, event_id, placed_at, recorded_at)
        select 'reads-o-' || n, 'reads-u-' || n % $3::bigint, 'EUR', 2650, 2650, '/shop', 'placed-' || n,
            now() - n * interval '10 seconds', now()
        from generate_series($1::bigint, $2::bigint - 1) as n
        returning order_id, placed_at
    ),
    lines as (
        insert into order_items (order_id, line, sku, quantity, unit_price)
        select order_id, line, 'sku-' || line, 3 - line, case line when 1 then 1250 else 150 end
        from placed cross join generate_series(1, 2) as line
    )
    insert into payments (payment_id, order_id, amount, status, event_source, event_id, settled_at, recorded_at)
    select 'of-' || order_id, order_id, 2650, 'settled', '/shop', 'of-' || order_id, placed_at, now() from placed";

/// Something that is read by its number.
struct Read {
    what: &'static str,
    path: &'static str,
    id: &'static str,
    /// How many there are.
    count: u32,
    /// What `store` asks the database, with the id and the most rows of its list.
    statement: &'static str,
    most: i64,
}

/// Measures them, with so many orders there.
pub(crate) async fn run(stage: &mut Stage<'_>, sizes: &Sizes, results: &mut Results) -> anyhow::Result<()> {
    results.heading(&format!("Reading, with {} orders in the tables", sizes.orders));
    let users = (sizes.orders / ORDERS_OF_USER).max(1);
    fill(stage.database, sizes.orders, users).await?;
    #[expect(clippy::disallowed_methods, reason = "the clock is read here, as the function's main does")]
    let api = ReadApi::start(&stage.environment(), OffsetDateTime::now_utc)?;
    let (router, ()) = read_api::router(api);
    results.say(&format!(
        "{} requests of each, of random ones, by one client: `read-api`'s own code in one process, from the request to the last byte of \
         the answer, with the look-up of the API key. {users} users; orders have two lines and a payment",
        sizes.requests
    ));
    let table = Table::new(&["route", "p50 ms", "p99 ms", "longest"]).first(16);
    results.table(&table);
    let reads = reads(sizes.orders, users);
    for read in &reads {
        let times = read.times(&router, &stage.key, sizes.requests).await?;
        let figures = [0.5, 0.99, 1.0].map(|share| times.of(share));
        let route = format!("{}{{id}}", read.path);
        results.row(&table, &std::iter::once(route).chain(figures.map(number)).collect::<Vec<_>>());
        results.figure(&format!("read-api.{}_ms.p50", read.what), figures[0]);
        results.figure(&format!("read-api.{}_ms.p99", read.what), figures[1]);
    }
    for read in &reads {
        let p99 = results.known(&format!("read-api.{}_ms.p99", read.what));
        results.judge(&format!("Reading one {}, p99 of the handler", read.what), p99, "ms", Bar::Below(5.0));
        results.block(&read.plan(stage.database).await?);
    }
    Ok(())
}

fn reads(orders: u32, users: u32) -> [Read; 2] {
    [
        Read {
            what: "user",
            path: "/users/",
            id: "reads-u-",
            count: users,
            statement: include_str!("../../../shared/store/queries/show_user.sql"),
            most: 5,
        },
        Read {
            what: "order",
            path: "/orders/",
            id: "reads-o-",
            count: orders,
            statement: include_str!("../../../shared/store/queries/show_order.sql"),
            most: 51,
        },
    ]
}

async fn fill(database: &mut Database, orders: u32, users: u32) -> anyhow::Result<()> {
    sqlx::query(USERS).bind(i64::from(users)).execute(&mut database.connection).await?;
    let mut made = 0;
    while made < orders {
        println!("Making orders: {} to go", orders - made);
        let end = orders.min(made + TOGETHER);
        let statement = sqlx::query(ORDERS).bind(i64::from(made)).bind(i64::from(end)).bind(i64::from(users));
        statement.execute(&mut database.connection).await?;
        made = end;
    }
    sqlx::raw_sql("vacuum analyze users, orders, order_items, payments").execute(&mut database.connection).await?;
    database.settle().await
}

impl Read {
    async fn times(&self, router: &Router, key: &str, requests: u32) -> anyhow::Result<Sorted> {
        let mut random = StdRng::seed_from_u64(SEED);
        times(router, key, requests, || format!("{}{}{}", self.path, self.id, random.random_range(0..self.count))).await
    }

    /// How PostgreSQL goes about it, for one in the middle.
    async fn plan(&self, database: &mut Database) -> anyhow::Result<String> {
        let plan = sqlx::query_scalar(explain(self.statement)).bind(format!("{}{}", self.id, self.count / 2));
        let lines: Vec<String> = plan.bind(self.most).fetch_all(&mut database.connection).await?;
        Ok(lines.join("\n"))
    }
}

/// Has PostgreSQL say how it goes about a statement.
pub(crate) fn explain(statement: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("explain (analyze, costs off, summary off) {statement}"))
}

/// How long so many answers take, in milliseconds, after some that do not count.
pub(crate) async fn times(
    router: &Router,
    key: &str,
    requests: u32,
    mut path: impl FnMut() -> String,
) -> anyhow::Result<Sorted> {
    let mut times = Vec::new();
    for nth in 0..WARM_UP + requests {
        let time = asked(router, key, &path()).await?;
        if nth >= WARM_UP {
            times.push(time);
        }
    }
    Ok(Sorted::new(times))
}

/// How long one answer takes, in milliseconds.
async fn asked(router: &Router, key: &str, path: &str) -> anyhow::Result<f64> {
    let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {key}")).body(Body::empty())?;
    let began = Instant::now();
    let answer = router.clone().oneshot(request).await?;
    let status = answer.status();
    to_bytes(answer.into_body(), LIMIT).await?;
    let time = millis(began.elapsed());
    ensure!(status == StatusCode::OK, "{path} was answered with {status}");
    Ok(time)
}
