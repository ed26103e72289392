//! Bodies that nobody sends by mistake.

use events::intake::{self, Unreadable};
use events::{Wire, decode};
use proptest::prelude::*;

use crate::{NOW, arrival, auth};

#[test]
fn bodies_of_any_depth_are_read_without_harm() {
    for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
        let nested = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        intake::structured(nested.as_bytes()).err();
        intake::batch(nested.as_bytes(), 500).err();
        intake::plain(nested.as_bytes(), None, NOW).err();
        let inside = auth().to_string().replace(r#""login""#, &format!(r#""login","x":{nested}"#));
        let flaws = intake::structured(inside.as_bytes()).unwrap().accept(&arrival()).unwrap_err();
        assert!(flaws[0].reason.contains("nested deeper"), "{flaws:?}");
        assert!(flaws[0].field.len() < 300, "{flaws:?}");
    }
}

/// Each would be a draft, with a text of what is wrong with it.
#[test]
fn a_batch_that_is_too_long_is_refused_before_its_events_are_looked_at() {
    let numbers = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    assert_eq!(intake::batch(numbers(500).as_bytes(), 500).unwrap().len(), 500);
    let refused = intake::batch(numbers(400_000).as_bytes(), 500);
    assert!(matches!(refused, Err(Unreadable::TooMany(500))), "{:?}", refused.map(|drafts| drafts.len()));
}

proptest! {
    #[test]
    fn any_body_is_an_answer_and_what_is_taken_is_read_by_consumers(
        place in 0_usize..200, replaced in prop::collection::vec(any::<u8>(), 0..4), cut in any::<bool>()
    ) {
        let mut body = auth().to_string().into_bytes();
        let place = place % body.len();
        let end = if cut { body.len() } else { place + 1 };
        body.splice(place..end, replaced);
        let drafts = [intake::structured(&body).ok(), intake::plain(&body, Some("/campus"), NOW).ok()];
        for draft in drafts.into_iter().flatten() {
            if let Ok(accepted) = draft.accept(&arrival()) {
                prop_assert_eq!(decode(Wire { value: &accepted.record, headers: &[] }).unwrap(), accepted.event);
            }
        }
    }

    #[test]
    fn any_header_is_an_answer(name in "[a-z0-9_-]{0,12}", value in prop::collection::vec(any::<u8>(), 0..20)) {
        let draft = intake::binary([(name.as_str(), value.as_slice())], "application/json", b"{}").unwrap();
        draft.accept(&arrival()).unwrap_err();
    }
}
