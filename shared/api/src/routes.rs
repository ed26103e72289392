use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::caller::authorize;
use crate::{Keys, Scope, problems};

/// The name under which documents know the keys.
pub const SECURITY_SCHEME: &str = "apiKey";

/// The routes of a function: each says which scope it asks for, or that it is open to anybody, and its description says it too.
pub struct Routes<S> {
    keys: Keys,
    router: OpenApiRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None yet.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { keys, router: OpenApiRouter::new() }
    }

    /// Adds what [`utoipa_axum::routes!`] makes of handlers of one path, for keys with this scope.
    #[must_use]
    pub fn needing(mut self, scope: Scope, (schemas, mut paths, methods): UtoipaMethodRouter<S>) -> Self {
        paths.paths.values_mut().flat_map(operations).for_each(|operation| describe(operation, scope));
        let methods = methods.route_layer(from_fn_with_state((self.keys.clone(), scope), authorize));
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// Adds the same for anybody, without a key.
    #[must_use]
    pub fn open(mut self, (schemas, mut paths, methods): UtoipaMethodRouter<S>) -> Self {
        paths.paths.values_mut().flat_map(operations).for_each(|operation| add(operation, "Needs no API key."));
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// The router, and its description.
    pub fn into_parts(self, state: S) -> (Router, OpenApi) {
        let (router, description) = self.router.split_for_parts();
        let router = router.fallback(problems::no_route).method_not_allowed_fallback(problems::no_method);
        (router.with_state(state), description)
    }
}

/// The operations of a path.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}

fn describe(operation: &mut Operation, scope: Scope) {
    operation.security.get_or_insert_default().push(SecurityRequirement::new(SECURITY_SCHEME, [scope.name()]));
    add(operation, &format!("Needs an API key with the scope `{}`.", scope.name()));
    let answers = [
        ("401", "No API key, or one that is wrong, revoked or expired.".to_owned()),
        ("403", format!("The API key lacks the scope `{}`, or what it sends is not for it to send.", scope.name())),
        ("500", "A mistake of the service; `instance` is on the log line that names its cause.".to_owned()),
        ("503", "Something that the answer needs is away; try again after `Retry-After` seconds.".to_owned()),
    ];
    for (status, description) in answers {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem(&description));
    }
}

/// Adds a sentence to the description.
fn add(operation: &mut Operation, sentence: &str) {
    let text = operation.description.take().map_or_else(|| sentence.to_owned(), |text| format!("{text}\n\n{sentence}"));
    operation.description = Some(text);
}

/// An answer that is a problem.
#[must_use]
pub fn problem(description: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(ResponseBuilder::new().description(description).content("application/problem+json", content).build())
}
