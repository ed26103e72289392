use api::query::{limit, limit_of};
use api::{Cursor, Page};
use http::Response;

/// Pages of three of the numbers below ten, as a function with a cursor answers them.
fn page(cursor: Option<&str>) -> Page<u8> {
    let after = Cursor::<(String, u8)>::read(cursor).unwrap().map_or(0, |(_, number)| number + 1);
    Page::of((after..10).take(4).collect(), 3, |number| ("é/+ ".to_owned(), *number))
}

#[test]
fn following_the_cursor_shows_everything_once_and_ends() {
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = page(cursor.as_deref());
        assert!(page.items.len() <= 3);
        seen.extend(page.items);
        cursor = page.next;
        let Some(cursor) = &cursor else { break };
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
    }
    assert_eq!(seen, (0..10).collect::<Vec<u8>>());
}

#[test]
fn a_page_that_is_exactly_full_is_the_last() {
    assert_eq!(Page::of(vec![1, 2, 3], 3, |number| *number).next, None);
    assert!(Page::of(vec![1, 2, 3, 4], 3, |number| *number).next.is_some());
    assert_eq!(Page::of(Vec::<u8>::new(), 3, |number| *number), Page { items: vec![], next: None });
}

#[test]
fn a_cursor_that_no_page_gave_and_a_limit_out_of_range_are_refused_by_name() {
    for text in ["", "!", "bnVsbA", "W10", "WyIiLC0xXQ", &"A".repeat(10_000)] {
        let problem: Response<String> = Cursor::<(String, u8)>::read(Some(text)).unwrap_err().into_response();
        assert!(problem.status() == 400 && problem.body().contains(r#""field":"cursor""#), "{text:.20}: {problem:?}");
    }
    for asked in ["0", "501", "-1", "99999999999999999999", "1.5", "x", "", " 1"] {
        let problem: Response<String> = limit(Some(asked)).unwrap_err().into_response();
        assert!(problem.status() == 400 && problem.body().contains(r#""field":"limit""#), "{asked:?}: {problem:?}");
    }
    assert_eq!([limit(None).unwrap(), limit(Some("1")).unwrap(), limit(Some("500")).unwrap()], [50, 1, 500]);
}

#[test]
fn a_page_of_large_items_has_a_limit_of_its_own() {
    assert_eq!(
        [limit_of(20, None).unwrap(), limit_of(20, Some("20")).unwrap(), limit_of(60, None).unwrap()],
        [20, 20, 50]
    );
    let problem: Response<String> = limit_of(20, Some("21")).unwrap_err().into_response();
    assert!(problem.status() == 400 && problem.body().contains("The limit is not 1 to 20."), "{problem:?}");
}
