//! A user registers, once or more often.

use consumer::Outcomes;
use events::{Data, Event, Text};
use serde_json::json;
use testkit::{user_registered, user_updated};

use crate::world::{World, at};

fn named(name: &str, mut event: Event) -> Event {
    let Data::UserRegistered(user) = &mut event.data else { panic!("a registration") };
    user.display_name = Some(Text::new(name).unwrap());
    event
}

#[tokio::test]
async fn a_second_registration_with_the_same_content_changes_nothing_and_is_on_record() {
    for updated in [false, true] {
        let world = World::new().await;
        world.tell(0, &[named("One", user_registered("u-1", "one@example.com"))]).await;
        if updated {
            let change = [("email", "new@example.com"), ("displayName", "Uno"), ("userType", "teacher")];
            world.tell(1, &[at(1, user_updated("u-1", &change))]).await;
        }
        let user = world.user("u-1").await;
        let again = at(60, named("One", user_registered("u-1", "one@example.com")));
        assert_eq!(world.tell(2, &[again]).await, Outcomes { stale: 1, ..Outcomes::default() });
        assert_eq!(world.user("u-1").await, user);
        let on_record = "select is_stale::text from audit_log where action = 'registered' order by seq";
        assert_eq!(world.texts(on_record).await, ["false", "true"]);
    }
}

#[tokio::test]
async fn a_second_registration_with_other_content_is_a_dead_letter_that_names_the_fields_and_no_value() {
    for together in [false, true] {
        let world = World::new().await;
        let first = user_registered("u-1", "one@example.com");
        let second = at(60, named("Someone", user_registered("u-1", "other@example.com")));
        let events = [first, second];
        if together {
            world.tell(0, &events).await;
        } else {
            world.tell(0, &events[..1]).await;
            world.tell(1, &events[1..]).await;
        }
        let reason = "the user is registered already, with other values of: email, displayName";
        assert_eq!(world.letters().await, [format!("1 already-registered: {reason}")]);
        assert_eq!(world.addresses().await, ["u-1 one@example.com"]);
    }
}

#[tokio::test]
async fn what_the_registration_does_not_name_any_update_sets_even_an_older_one() {
    let world = World::new().await;
    world.register(0, "u-1", "one@example.com").await;
    world.tell(1, &[at(-1, user_updated("u-1", &[("displayName", "One"), ("userType", "teacher")]))]).await;
    let user = world.user("u-1").await;
    assert_eq!((&user["display_name"], &user["user_type"]), (&json!("One"), &json!("student")));
}
