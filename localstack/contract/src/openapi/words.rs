//! What no route says of itself: what this is, how keys work, and what a problem looks like.

use api::SECURITY_SCHEME;
use serde_json::{Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, ServerBuilder};
use utoipa::{PartialSchema as _, ToSchema};

const ABOUT: &str = "Short links and their clicks; users, their logins and the audit trail; and the events behind them. \
    Every event that was accepted takes effect once, in the order of its key, or is kept where a person can see it and send it on again.\n\n\
    Whatever goes wrong is an `application/problem+json` (RFC 9457).";

const KEY: &str = "An API key, `onceward_<id>_<secret>`. Each route needs one of its scopes:\n\
    - `links`: to make links and look at them\n\
    - `discussions`: to write threads and comments, to vote on them, and to read them\n\
    - `events:<type>`: to send events of a type, or `events:*` of any; the key names the sources that it may send for, too\n\
    - `read`: to read what events have come to\n\
    - `admin`: to look into failures and mend them, to erase people, and to make and revoke keys\n\n\
    A key that is wrong, revoked or expired is a 401; one that lacks the scope is a 403.";

const TAGS: [(&str, &str); 10] = [
    ("links", "Short links, and who followed them."),
    ("events", "The intake: other people's programs send what happened."),
    ("discussions", "Threads of courses, comments on them, and votes."),
    ("analytics", "What happened in discussions, and in which threads most."),
    ("users", "What the events of users have come to."),
    ("shop", "Orders, what was paid for them, and stock."),
    ("audit", "What has to be on record. `make audit-verify` shows that nobody changed it."),
    ("failures", "Events that could not be applied, and those that wait."),
    ("keys", "API keys."),
    ("operation", "Whether all goes on, and how much: for whoever runs it, and for monitors."),
];

/// What went wrong, as RFC 9457 has it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described, and never made")]
struct Problem {
    /// The kind of problem.
    #[schema(pattern = "^urn:onceward:problem:[a-z-]+$", example = "urn:onceward:problem:invalid-request")]
    r#type: String,
    /// What kind that is, in words.
    #[schema(example = "Invalid request")]
    title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599, example = 400)]
    status: u16,
    /// What is wrong this time, and what to do.
    #[schema(example = "The limit is not 1 to 500.")]
    detail: String,
    /// Names this problem where a log line has its cause: the line has the same id.
    #[schema(nullable = false, example = "urn:uuid:019aa5c1-6f40-7000-8000-000000000001")]
    instance: Option<String>,
    /// The field of the request that it is about.
    #[schema(nullable = false, example = "limit")]
    field: Option<String>,
    /// All that is wrong, where that is more than one thing can say.
    #[schema(nullable = false)]
    errors: Option<Vec<Fault>>,
}

/// One of several things that are wrong with a request.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described, and never made")]
struct Fault {
    /// The field of the request.
    #[schema(example = "data.email")]
    field: String,
    /// What is wrong with it.
    #[schema(example = "is no mail address of at most 254 bytes")]
    reason: String,
}

/// A description without routes.
pub(super) fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Onceward")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(License::builder().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    let local = ServerBuilder::new().url("http://localhost:9000").description(Some("`make dev` on a laptop"));
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("onceward").description(Some(KEY));
    let components = ComponentsBuilder::new()
        .schema("Problem", Problem::schema())
        .schema("Fault", Fault::schema())
        .security_scheme(SECURITY_SCHEME, SecurityScheme::Http(bearer.build()));
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([local.build()]))
        .tags(Some(tags))
        .components(Some(components.build()))
        .build()
}

/// Headers that answers with a status have, whoever gives them.
pub(super) fn describe_headers(all: &mut Value) {
    let operations = all["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    let operations = operations.filter_map(Value::as_object_mut).flat_map(|item| item.values_mut());
    for answers in operations.filter_map(|operation| operation.get_mut("responses")?.as_object_mut()) {
        for (status, name, description, kind) in [
            ("401", "WWW-Authenticate", "`Bearer`", "string"),
            ("503", "Retry-After", "After how many seconds to try again.", "integer"),
        ] {
            if let Some(answer) = answers.get_mut(status) {
                answer["headers"][name] = json!({"description": description, "schema": {"type": kind}});
            }
        }
    }
}
