use sqlx::{AssertSqlSafe, Connection as _};
use store::Fault;
use testkit::TestDatabase;

/// What the server says when it is told to fail with this code, naming a constraint or not.
async fn fault(database: &TestDatabase, code: &str, constraint: &str) -> Fault {
    let statement = format!(
        "do $$ begin raise exception using errcode = '{code}', message = 'told to', constraint = '{constraint}'; end $$"
    );
    let refused = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&database.pool).await.unwrap_err();
    Fault::of(&refused)
}

fn data(code: &str, foreign_key: Option<&str>) -> Fault {
    Fault::Data { code: code.to_owned(), foreign_key: foreign_key.map(str::to_owned) }
}

#[tokio::test]
async fn each_code_of_the_server_is_the_data_s_fault_or_passes_or_is_ours() {
    let database = TestDatabase::new().await;
    for code in
        ["21000", "22001", "22003", "22007", "22021", "22P02", "22P05", "23502", "23505", "23514", "23P01", "54000"]
    {
        assert_eq!(fault(&database, code, "named").await, data(code, None), "{code}");
    }
    assert_eq!(fault(&database, "23503", "named_fkey").await, data("23503", Some("named_fkey")));
    let passing = [
        "08000", "08003", "08006", "08P01", "25006", "25P04", "40001", "40P01", "53000", "53100", "53300", "53400",
        "55P03", "57014", "57P01", "57P02", "57P03", "57P04", "57P05", "58000", "58030",
    ];
    for code in passing {
        assert_eq!(fault(&database, code, "").await, Fault::Passing, "{code}");
    }
    let ours = [
        "0A000", "25001", "25P02", "25P03", "28000", "40002", "40003", "42501", "42601", "42703", "42P01", "53200",
        "54001", "54011", "55000", "55006", "57000", "P0001", "XX000", "XX001",
    ];
    for code in ours {
        assert_eq!(fault(&database, code, "").await, Fault::Ours, "{code}");
    }
}

#[tokio::test]
async fn a_row_that_no_partition_takes_is_ours_and_a_check_that_it_violates_is_the_data_s() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    for statement in [
        "create temporary table parted (id integer constraint parted_check check (id < 10)) partition by range (id)",
        "create temporary table parted_1 partition of parted for values from (0) to (5)",
        "create temporary table parted_2 partition of parted for values from (20) to (30)",
    ] {
        sqlx::query(statement).execute(&mut *connection).await.unwrap();
    }
    let none = sqlx::query("insert into parted values (7)").execute(&mut *connection).await.unwrap_err();
    assert_eq!(Fault::of(&none), Fault::Ours, "{none}");
    let check = sqlx::query("insert into parted values (21)").execute(&mut *connection).await.unwrap_err();
    assert_eq!(Fault::of(&check), data("23514", None), "{check}");
}

#[tokio::test]
async fn a_session_that_is_ended_or_never_begins_passes() {
    let database = TestDatabase::new().await;
    let mut connection = database.pool.acquire().await.unwrap();
    let ended =
        sqlx::query("select pg_terminate_backend(pg_backend_pid())").execute(&mut *connection).await.unwrap_err();
    assert_eq!(Fault::of(&ended), Fault::Passing, "{ended}");
    let after = sqlx::query("select 1").execute(&mut *connection).await.unwrap_err();
    assert_eq!(Fault::of(&after), Fault::Passing, "{after}");
    let nowhere = sqlx::PgConnection::connect("postgres://onceward_app@127.0.0.1:1/onceward").await.unwrap_err();
    assert_eq!(Fault::of(&nowhere), Fault::Passing, "{nowhere}");
}
