use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::PgPool;

/// The rows of tables, in the order of their texts.
pub type State = BTreeMap<&'static str, Vec<String>>;

/// What stands in these tables (name, statement): each statement gives a row as JSON, without what tells one run from another.
pub async fn read_state(pool: &PgPool, tables: &[(&'static str, &'static str)]) -> State {
    let mut state = State::new();
    for (table, statement) in tables {
        let rows: Vec<Value> = sqlx::query_scalar(*statement).fetch_all(pool).await.expect("rows");
        let mut rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        rows.sort();
        state.insert(table, rows);
    }
    state
}

/// Panics, naming the rows that only one of the two has, where they differ.
#[track_caller]
pub fn assert_same(state: &State, expected: &State) {
    let without = |one: &State, other: &State| -> Vec<String> {
        let rows = one.iter().flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)));
        rows.filter(|(table, row)| !other[*table].contains(row)).map(|(table, row)| format!("{table} {row}")).collect()
    };
    let (more, missing) = (without(state, expected), without(expected, state));
    assert!(more.is_empty() && missing.is_empty(), "too many:\n{}\nmissing:\n{}", more.join("\n"), missing.join("\n"));
    assert!(state == expected, "some row is there more than once");
}
