//! Events of discussions.

use events::{
    CommentAdded, CommentDeleted, CommentEdited, Data, DecodeError, Event, EventType, Text, ThreadCreated,
    ThreadDeleted, ThreadEdited, ThreadViewed, Vote, VoteCast,
};
use serde_json::{Value, json};

use crate::campus::enveloped;
use crate::read;

/// Every type of discussions: all that it can say, and the least.
pub fn discussions() -> Vec<(EventType, Event, Value)> {
    [threads(), comments(), votes()].concat().into_iter().map(enveloped).collect()
}

fn threads() -> Vec<(Data, Value)> {
    let thread_id = || "t-1".parse().unwrap();
    let viewed = |viewer_id: Option<&str>| {
        let viewer_id = viewer_id.map(|id| id.parse().unwrap());
        Data::ThreadViewed(ThreadViewed { thread_id: thread_id(), viewer_id })
    };
    let created = Data::ThreadCreated(ThreadCreated {
        thread_id: thread_id(),
        course_id: "c-12".parse().unwrap(),
        title: Text::new("Who borrows what?").unwrap(),
        author_id: "u-1".parse().unwrap(),
    });
    let edited = ThreadEdited {
        thread_id: thread_id(),
        title: Text::new("Wer leiht — was?").unwrap(),
        author_id: "u-1".parse().unwrap(),
    };
    vec![
        (created, json!({"threadId": "t-1", "courseId": "c-12", "title": "Who borrows what?", "authorId": "u-1"})),
        (viewed(Some("u-2")), json!({"threadId": "t-1", "viewerId": "u-2"})),
        (viewed(None), json!({"threadId": "t-1"})),
        (Data::ThreadEdited(edited), json!({"threadId": "t-1", "title": "Wer leiht — was?", "authorId": "u-1"})),
        (Data::ThreadDeleted(ThreadDeleted { thread_id: thread_id() }), json!({"threadId": "t-1"})),
    ]
}

fn comments() -> Vec<(Data, Value)> {
    let (thread_id, comment_id) = ("t-1".parse().unwrap(), "k-1".parse().unwrap());
    let added = CommentAdded { thread_id, comment_id, parent_id: None, author_id: "u-2".parse().unwrap() };
    let answer = CommentAdded { parent_id: "k-0".parse().ok(), ..added.clone() };
    let (thread_id, comment_id) = (added.thread_id.clone(), added.comment_id.clone());
    let edited = CommentEdited { thread_id: thread_id.clone(), comment_id: comment_id.clone() };
    vec![
        (Data::CommentAdded(added), json!({"threadId": "t-1", "commentId": "k-1", "authorId": "u-2"})),
        (
            Data::CommentAdded(answer),
            json!({"threadId": "t-1", "commentId": "k-1", "parentId": "k-0", "authorId": "u-2"}),
        ),
        (Data::CommentEdited(edited), json!({"threadId": "t-1", "commentId": "k-1"})),
        (
            Data::CommentDeleted(CommentDeleted { thread_id, comment_id }),
            json!({"threadId": "t-1", "commentId": "k-1"}),
        ),
    ]
}

fn votes() -> Vec<(Data, Value)> {
    let cast = |comment_id: Option<&str>, vote, previous| {
        let comment_id = comment_id.map(|id| id.parse().unwrap());
        let (thread_id, voter_id) = ("t-1".parse().unwrap(), "u-3".parse().unwrap());
        Data::VoteCast(VoteCast { thread_id, comment_id, voter_id, vote, previous })
    };
    vec![
        (
            cast(None, Vote::Up, Vote::None),
            json!({"threadId": "t-1", "voterId": "u-3", "vote": "up", "previous": "none"}),
        ),
        (
            cast(Some("k-1"), Vote::Down, Vote::Up),
            json!({"threadId": "t-1", "commentId": "k-1", "voterId": "u-3", "vote": "down", "previous": "up"}),
        ),
        (
            cast(None, Vote::None, Vote::Down),
            json!({"threadId": "t-1", "voterId": "u-3", "vote": "none", "previous": "down"}),
        ),
    ]
}

#[test]
fn what_no_thread_comment_or_vote_can_say_is_refused_with_its_place() {
    for (event_type, path, value) in [
        ("thread.created", "threadId", json!("t/1")),
        ("thread.created", "courseId", json!("c 12")),
        ("thread.created", "title", json!("")),
        ("thread.created", "title", json!("ü".repeat(601))),
        ("thread.created", "authorId", json!("ada@example.com")),
        ("thread.viewed", "viewerId", json!("")),
        ("comment.added", "parentId", json!("x".repeat(129))),
        ("vote.cast", "vote", json!("UP")),
        ("vote.cast", "vote", json!(1)),
        ("vote.cast", "previous", Value::Null),
    ] {
        let (_, _, mut json) = discussions().into_iter().find(|(of, ..)| of.name() == event_type).unwrap();
        json["data"][path] = value;
        let error = read(&json).expect_err(&json.to_string()).error;
        let DecodeError::Data { path: place, .. } = &error else { panic!("{error}") };
        assert_eq!(&**place, path, "{json}: {error}");
    }
}

#[test]
fn whoever_wrote_read_or_voted_is_whom_an_event_is_of() {
    let persons = discussions().into_iter().map(|(_, event, _)| event.data.user_id().map(ToString::to_string));
    let expected = [Some("u-1"), Some("u-2"), None, Some("u-1"), None, Some("u-2"), Some("u-2"), None, None];
    let expected = expected.into_iter().chain([Some("u-3"); 3]).map(|person| person.map(str::to_owned));
    assert!(persons.eq(expected));
}
