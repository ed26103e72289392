use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::caller::authorize;
use crate::{Keys, Scope, problems};

/// The name under which documents know the keys.
pub const SECURITY_SCHEME: &str = "apiKey";

/// The handlers of one path, for [`Routes`]: with their description, and without it.
#[macro_export]
macro_rules! route {
    ($($handler:path),+) => {
        (
            || utoipa_axum::routes!($($handler),+),
            || {
                let (mut path, mut methods) = (String::new(), axum::routing::MethodRouter::new());
                $(
                    utoipa_axum::paste! {
                        path = utoipa_axum::routes!(@path [path()] of $handler);
                        for method in utoipa_axum::routes!(@path [methods()] of $handler) {
                            methods = methods.on(utoipa_axum::PathItemExt::to_method_filter(&method), $handler);
                        }
                    }
                )+
                (path, methods)
            },
        )
    };
}

/// What is made of the routes' descriptions: an [`OpenApi`], or nothing, in a function that only serves them. They are a good part of an
/// archive.
pub trait Description: Default {
    /// Takes the description of a path down, with what `say` adds to each operation.
    fn take<S: Clone + Send + Sync + 'static>(
        &mut self,
        described: impl FnOnce() -> UtoipaMethodRouter<S>,
        say: impl Fn(&mut Operation),
    );
}

impl Description for () {
    fn take<S: Clone + Send + Sync + 'static>(
        &mut self,
        _: impl FnOnce() -> UtoipaMethodRouter<S>,
        _: impl Fn(&mut Operation),
    ) {
    }
}

impl Description for OpenApi {
    fn take<S: Clone + Send + Sync + 'static>(
        &mut self,
        described: impl FnOnce() -> UtoipaMethodRouter<S>,
        say: impl Fn(&mut Operation),
    ) {
        let (schemas, mut paths, methods) = described();
        paths.paths.values_mut().flat_map(operations).for_each(say);
        self.merge(OpenApiRouter::new().routes((schemas, paths, methods)).into_openapi());
    }
}

/// The routes of a function: each says which scope it asks for, or that it is open to anybody, and its description says it too.
pub struct Routes<S, D> {
    keys: Keys,
    router: Router<S>,
    description: D,
}

impl<S: Clone + Send + Sync + 'static, D: Description> Routes<S, D> {
    /// None yet.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { keys, router: Router::new(), description: D::default() }
    }

    /// Adds what [`route!`](crate::route) makes of handlers of one path, for keys with this scope.
    #[must_use]
    pub fn needing(
        mut self,
        scope: Scope,
        (described, plain): (impl FnOnce() -> UtoipaMethodRouter<S>, impl FnOnce() -> (String, MethodRouter<S>)),
    ) -> Self {
        self.description.take(described, |operation| describe(operation, scope));
        let (path, methods) = plain();
        let methods = methods.route_layer(from_fn_with_state((self.keys.clone(), scope), authorize));
        self.router = self.router.route(&path, methods);
        self
    }

    /// Adds the same for anybody, without a key.
    #[must_use]
    pub fn open(
        mut self,
        (described, plain): (impl FnOnce() -> UtoipaMethodRouter<S>, impl FnOnce() -> (String, MethodRouter<S>)),
    ) -> Self {
        self.description.take(described, |operation| add(operation, "Needs no API key."));
        let (path, methods) = plain();
        self.router = self.router.route(&path, methods);
        self
    }

    /// The router, and its description.
    pub fn into_parts(self, state: S) -> (Router, D) {
        let router = self.router.fallback(problems::no_route).method_not_allowed_fallback(problems::no_method);
        (router.with_state(state), self.description)
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
