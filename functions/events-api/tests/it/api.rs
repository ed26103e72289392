use axum::Router;
use axum::body::{Body, to_bytes};
use events::{Event, Wire, decode};
use events_api::EventsApi;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::{Value, json};
use settings::Environment;
use testkit::{Read, TestDatabase, TestTopic, api_key, bootstrap};
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt;

/// What the clock of every test says.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-21 12:34:56.789_123 UTC);
/// In which modes an event can come, by their content types.
pub(crate) const STRUCTURED: &str = "application/cloudevents+json";
pub(crate) const BATCH: &str = "application/cloudevents-batch+json";
pub(crate) const JSON: &str = "application/json";

/// The interface, with a database and topics of its own, and a key that may send all events of all sources.
pub(crate) struct Api {
    pub(crate) database: TestDatabase,
    pub(crate) user_events: TestTopic,
    pub(crate) system_audit: TestTopic,
    pub(crate) order_events: TestTopic,
    pub(crate) key: String,
    router: Router,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(&[], &[]).await
    }

    /// With these settings, and a topic of users with settings of its own.
    pub(crate) async fn with(settings: &[(&str, &str)], topic: &[(&str, &str)]) -> Self {
        let database = TestDatabase::new().await;
        let user_events = TestTopic::with_config(&bootstrap(), 3, topic).await;
        let (system_audit, order_events) = (TestTopic::new(1).await, TestTopic::new(1).await);
        let key = api_key(&database, &["events:*"], &["*"]).await;
        let (url, bootstrap) = (database.url(), bootstrap());
        let fixed = [
            ("DATABASE_URL", url.as_str()),
            ("KAFKA_BOOTSTRAP_SERVERS", &bootstrap),
            ("TOPIC_USER_EVENTS", &user_events.name),
            ("TOPIC_SYSTEM_AUDIT", &system_audit.name),
            ("TOPIC_ORDER_EVENTS", &order_events.name),
        ];
        let environment: Environment = fixed.iter().chain(settings).copied().collect();
        let (router, ()) = events_api::router(EventsApi::start(&environment, || NOW).unwrap());
        Self { database, user_events, system_audit, order_events, key, router }
    }

    /// Sends a body of this content type, with the key that may all.
    pub(crate) async fn post(&self, content_type: &str, body: impl Into<Body>) -> Answer {
        self.post_with(&[("content-type", content_type)], body).await
    }

    /// Sends a body with these headers, and the key that may all.
    pub(crate) async fn post_with(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        self.post_as(&self.key, headers, body).await
    }

    /// Sends a body with these headers and this key.
    pub(crate) async fn post_as(&self, key: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let request = Request::post("/api/events").header(AUTHORIZATION, format!("Bearer {key}"));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// All records that were published, those of users first, and those of a shop last.
    pub(crate) fn published(&self) -> Vec<Read> {
        [self.user_events.read_all(), self.system_audit.read_all(), self.order_events.read_all()].concat()
    }
}

impl Answer {
    async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1_000_000).await.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}, no JSON: {text:?}", parts.status));
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// Checks that the events were taken, and gives their ids.
    pub(crate) fn ids(&self) -> Vec<&str> {
        assert_eq!(self.status, StatusCode::ACCEPTED, "{self:?}");
        self.body["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect()
    }

    /// Checks that this is a problem of this status and kind, about this field, and gives its detail.
    pub(crate) fn problem(&self, status: u16, slug: &str, field: &str) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], format!("urn:onceward:problem:{slug}"), "{self:?}");
        assert_eq!(self.body["field"], field, "{self:?}");
        let detail = self.body["detail"].as_str().unwrap();
        // A sentence for the caller, and nothing of what is inside.
        assert!(detail.ends_with('.') && detail.len() < 500, "{detail}");
        for inside in ["struct", "serde", "rawvalue", "sql", "postgres", "rdkafka", "broker", "axum"] {
            assert!(!detail.to_lowercase().contains(inside), "{detail}");
        }
        detail
    }
}

/// A user that registers, in structured mode.
pub(crate) fn registered(id: &str, user: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/campus", "type": "user.registered", "time": "2026-11-21T09:30:00Z",
        "data": {"userId": user, "userType": "student", "email": format!("{user}@example.com")}
    })
}

/// The JSON of a record.
pub(crate) fn json_of(record: &Read) -> Value {
    serde_json::from_slice(record.value.as_deref().unwrap()).unwrap()
}

/// The event of a record, as consumers read it.
pub(crate) fn event_of(record: &Read) -> Event {
    decode(Wire { value: record.value.as_deref().unwrap(), headers: &record.headers }).unwrap()
}
