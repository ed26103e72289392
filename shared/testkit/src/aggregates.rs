use sqlx::PgPool;
use store::aggregates_check::{Aggregate, compare};

/// Makes all that is summed up anew from its facts, and panics, naming the rows that differ, where anything else is kept.
pub async fn aggregates_equal_facts(pool: &PgPool) {
    equal_facts(pool, &Aggregate::ALL).await;
}

/// The same for the clicks alone.
pub async fn rollups_equal_facts(pool: &PgPool) {
    let rollups = [Aggregate::LinkClicksHourly, Aggregate::LinkClicksDaily, Aggregate::LinkClicksByCountry];
    equal_facts(pool, &rollups).await;
}

async fn equal_facts(pool: &PgPool, aggregates: &[Aggregate]) {
    let mut connection = pool.acquire().await.expect("the database answers");
    for aggregate in aggregates {
        let verdict = compare(&mut connection, *aggregate).await.expect("aggregates and facts can be read");
        assert_eq!(verdict.differing, 0, "{} is not what its facts come to: {verdict:#?}", aggregate.name());
    }
}
