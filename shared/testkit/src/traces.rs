use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::TestDatabase;

/// The tables and columns of the whole database in which a text stands, whatever its case: in texts, in JSON, in bytes, and in base64
/// in any of them.
pub async fn traces_of(database: &TestDatabase, text: &str) -> Vec<String> {
    let mut owner = PgConnection::connect(&database.owner_url()).await.expect("the owner is let in");
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(table_name) from information_schema.tables
         where table_schema = 'public' and table_type = 'BASE TABLE' order by table_name",
    )
    .fetch_all(&mut owner)
    .await
    .expect("a list of tables");
    let mut traces = Vec::new();
    for table in tables {
        let rows = format!("select to_jsonb(whole) from {table} as whole");
        let rows: Vec<Value> =
            sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut owner).await.expect("rows of any table");
        for (column, value) in rows.iter().filter_map(Value::as_object).flatten() {
            if stands_in(value, &text.to_lowercase()) {
                traces.push(format!("{table}.{column}"));
            }
        }
    }
    traces.dedup();
    traces
}

fn stands_in(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => is_in_bytes(&bytes_of(string), text),
        Value::Array(values) => values.iter().any(|value| stands_in(value, text)),
        Value::Object(values) => {
            values.iter().any(|(name, value)| is_in_bytes(name.as_bytes(), text) || stands_in(value, text))
        }
        _ => false,
    }
}

/// PostgreSQL shows bytes as `\x` and hexadecimal digits.
fn bytes_of(string: &str) -> Vec<u8> {
    let hex = string.strip_prefix("\\x").filter(|hex| hex.len() % 2 == 0);
    let byte = |hex: &str, at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let bytes = hex.and_then(|hex| (0..hex.len()).step_by(2).map(|at| byte(hex, at)).collect());
    bytes.unwrap_or_else(|| string.as_bytes().to_vec())
}

fn is_in_bytes(bytes: &[u8], text: &str) -> bool {
    let whole = String::from_utf8_lossy(bytes);
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let words = whole.split(|c| !is_base64(c)).filter_map(|word| STANDARD.decode(word).ok());
    whole.to_lowercase().contains(text)
        || words.into_iter().any(|word| String::from_utf8_lossy(&word).to_lowercase().contains(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_hides() {
        let hex = |text: &str| text.bytes().fold("\\x".to_owned(), |hex, byte| format!("{hex}{byte:02x}"));
        let headers = format!(r#"[["ce_subject","{}"]]"#, STANDARD.encode("for Ada@Example.com"));
        for value in [
            json!("ADA@example.com"),
            json!({"a": [{"b": "<ada@example.com>"}]}),
            json!(hex("{\"email\":\"Ada@example.com\"}")),
            json!(hex(&headers)),
        ] {
            assert!(stands_in(&value, "ada@example.com"), "{value}");
        }
        assert!(!stands_in(&json!({"a": [hex("bob@example.com"), 1, null]}), "ada@example.com"));
    }
}
