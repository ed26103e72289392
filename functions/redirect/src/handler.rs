use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use events::{Event, ShortCode, Topic};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use kafka::{EventPublisher, KafkaSettings};
use lambda::Problem;
use metrics::Metric;
use settings::Environment;
use store::PgPool;
use store::links::Link;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::cache::LinkCache;
use crate::client::Edge;
use crate::{HttpRequest, HttpResponse, click, lookup};

/// The name of this function in figures.
const FUNCTION: &str = "redirect";

/// Until when a request is answered, whatever is away: the clients of a redirect are people.
const ANSWER_WITHIN: Duration = Duration::from_millis(2800);

/// After how many seconds a client may try again: the broker or the database restarts in about that time.
const RETRY_AFTER_SECONDS: u32 = 2;

/// What an environment keeps between requests.
pub struct Redirect {
    pool: PgPool,
    cache: LinkCache,
    publisher: EventPublisher,
    topic: String,
    edge: Edge,
}

impl Redirect {
    /// Reads the settings and starts to connect, without waiting for it. Needs a tokio runtime.
    pub fn start(environment: &Environment) -> anyhow::Result<Self> {
        let topic =
            environment.optional(Topic::LinkClicks.variable()).unwrap_or(Topic::LinkClicks.default_name()).to_owned();
        let entries = environment.parsed("REDIRECT_CACHE_ENTRIES", NonZeroUsize::new(10_000).expect("not zero"))?;
        let time_limit = Duration::from_secs(environment.parsed("REDIRECT_CACHE_SECONDS", 60)?);
        Ok(Self {
            edge: environment.parsed("TRUSTED_EDGE", Edge::None)?,
            pool: store::pool(environment)?,
            cache: LinkCache::new(entries, time_limit),
            publisher: EventPublisher::start(KafkaSettings::read(environment)?, &topic)?,
            topic,
        })
    }

    /// The connections to the database.
    #[must_use]
    pub fn pool(&self) -> PgPool {
        self.pool.clone()
    }

    /// Answers one request, and says in a line of figures that it did.
    pub async fn handle(&self, request: &HttpRequest, now: OffsetDateTime) -> HttpResponse {
        let asked = lambda::Request::begin(FUNCTION, now);
        // It names the request on every line about it, and the click where there is one.
        let id = events::uuid_v7_at(now);
        let followed = self.follow(id, request, now).await;
        let response = followed.unwrap_or_else(Problem::into_response);
        asked.answered(response.status().as_u16());
        answer(response)
    }

    async fn follow(&self, id: Uuid, request: &HttpRequest, now: OffsetDateTime) -> Result<Response<String>, Problem> {
        let started = Instant::now();
        let path = request.raw_path.as_deref().unwrap_or_default();
        let code: ShortCode = path.trim_start_matches('/').parse().map_err(|_| unknown_code())?;
        let link = lookup::find(&self.pool, &self.cache, code.as_str(), started).await.map_err(|error| {
            tracing::error!(error.id = %id, link.code = %code, error.message = %error, "The link could not be looked up");
            Problem::unavailable("The link cannot be looked up right now.", id, RETRY_AFTER_SECONDS)
        })?;
        let link = link.ok_or_else(unknown_code)?;
        if request.request_context.http.method != Method::HEAD {
            let event = click::event(id, &link, code, request, self.edge, now);
            self.publish(id, &event, ANSWER_WITHIN.saturating_sub(started.elapsed()), now).await?;
        }
        Ok(found(&link))
    }

    async fn publish(&self, id: Uuid, event: &Event, within: Duration, now: OffsetDateTime) -> Result<(), Problem> {
        let began = Instant::now();
        let published = self.publisher.publish(&self.topic, event, within).await;
        let figure = match &published {
            Ok(_) => Metric::seconds("publish_duration_seconds", began.elapsed().as_secs_f64()),
            Err(_) => Metric::count("publish_failures", 1),
        };
        metrics::write(now, &[("function", FUNCTION), ("topic", &self.topic)], &[figure]);
        published.map(drop).map_err(|error| {
            tracing::error!(
                error.id = %id,
                event.id = %event.id,
                correlation.id = event.correlation_id.as_ref().map(events::Text::as_str),
                trace.id = event.trace_id().map(tracing::field::display),
                error.message = %error,
                "The click could not be published"
            );
            Problem::unavailable("The click cannot be recorded right now.", id, RETRY_AFTER_SECONDS)
        })
    }
}

fn unknown_code() -> Problem {
    Problem::not_found("There is no link with this code.")
}

/// Never cached: a cached redirect is a click that nobody sees.
fn found(link: &Link) -> Response<String> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    let target = HeaderValue::from_bytes(link.target.as_bytes());
    response
        .headers_mut()
        .insert(LOCATION, target.expect("a check of the table keeps control characters out of targets"));
    response
}

fn answer(response: Response<String>) -> HttpResponse {
    let (parts, body) = response.into_parts();
    let mut answer = HttpResponse::default();
    answer.status_code = parts.status.as_u16().into();
    answer.headers = parts.headers;
    answer.multi_value_headers = HeaderMap::new();
    answer.body = Some(aws_lambda_events::encodings::Body::Text(body));
    answer
}
