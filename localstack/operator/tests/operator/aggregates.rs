use serde_json::{Value, json};
use testkit::TestDatabase;
use testkit::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};

use crate::support::{must, operator};

/// An article of which somebody says that there are so many; five are.
async fn stock(quantity: i64) -> TestDatabase {
    let database = TestDatabase::new().await;
    let statements = format!(
        "insert into inventory (sku, quantity, adjustments) values ('mug', {quantity}, 1);
         insert into inventory_adjustments values ('a-1', 'mug', 5, 'delivery', '/shop', 'e-1', now(), now())"
    );
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut owner).await.unwrap();
    database
}

#[tokio::test]
async fn sums_that_hold_are_said_to_hold_one_by_one() {
    let database = stock(5).await;
    let said = must(&database, &["aggregates-check"]);
    let line = |name: &str| said.lines().find(|line| line.starts_with(&format!("{name} "))).map(words);
    assert_eq!(line("inventory"), Some(vec!["inventory", "1", "0", "equals", "its", "facts"]), "{said}");
    assert_eq!(line("thread_periods"), Some(vec!["thread_periods", "0", "0", "equals", "its", "facts"]), "{said}");
    assert!(said.ends_with("\nEvery aggregate is what its facts come to.\n"), "{said}");
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[tokio::test]
async fn a_sum_that_is_off_is_named_with_what_it_should_be_and_the_exit_code_is_1() {
    let database = stock(7).await;
    let said = operator(&database, &["aggregates-check"]);
    assert_eq!(said.code, 1, "{said:?}");
    for part in [
        "inventory is not what its facts come to in 1 rows, the first of them:\n  mug: quantity is 7, and the facts come to 5\n",
        "Nothing was changed.",
        "docs/operations.md",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert!(!said.out.contains("Every aggregate is"), "{said:?}");
    let said = operator(&database, &["aggregates-check", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let verdicts: Vec<Value> = serde_json::from_str(&said.out).unwrap();
    let inventory = verdicts.iter().find(|verdict| verdict["aggregate"] == "inventory").unwrap();
    let row = |quantity| json!({"sku": "mug", "quantity": quantity, "adjustments": 1});
    let first = json!([{"key": "mug", "stored": row(7), "recomputed": row(5)}]);
    assert_eq!(*inventory, json!({"aggregate": "inventory", "compared": 1, "differing": 1, "first": first}));
    assert!(verdicts.iter().all(|verdict| verdict == inventory || verdict["differing"] == 0), "{verdicts:?}");
}

#[tokio::test]
async fn a_row_without_facts_and_facts_without_a_row_are_told_apart() {
    let database = stock(5).await;
    let mut owner = PgConnection::connect(&database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "insert into inventory (sku, quantity, adjustments) values ('lost', 3, 1);
         alter table inventory_adjustments drop constraint inventory_adjustments_inventory_fkey;
         delete from inventory where sku = 'mug'",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let said = operator(&database, &["aggregates-check"]);
    assert_eq!(said.code, 1, "{said:?}");
    for part in ["  lost: nothing is behind the row {", "  mug: there is no row, and the facts come to {"] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
}
