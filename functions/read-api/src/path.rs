use api::{Failure, Key};
use axum::extract::{FromRequestParts, Path};
use events::{OrderId, Sku, UserId};
use http::request::Parts;
use lambda::Problem;

/// The user in the path. What can be no id is that of nobody.
pub(crate) struct UserInPath(pub(crate) UserId);

impl<S: Send + Sync> FromRequestParts<S> for UserInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| no_user().into())
    }
}

pub(crate) fn no_user() -> Problem {
    Problem::not_found("There is no user with this id.")
}

/// The order in the path. What can be no id is that of none.
pub(crate) struct OrderInPath(pub(crate) OrderId);

impl<S: Send + Sync> FromRequestParts<S> for OrderInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| no_order().into())
    }
}

pub(crate) fn no_order() -> Problem {
    Problem::not_found("There is no order with this id.")
}

/// The article in the path. What can be no SKU is that of none.
pub(crate) struct SkuInPath(pub(crate) Sku);

impl<S: Send + Sync> FromRequestParts<S> for SkuInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(sku)| Self(sku)).map_err(|_| no_stock().into())
    }
}

pub(crate) fn no_stock() -> Problem {
    Problem::not_found("The stock of no such article was ever adjusted.")
}

/// The number of a dead letter in the path.
pub(crate) struct LetterInPath(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for LetterInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id)).map_err(|_| no_letter().into())
    }
}

pub(crate) fn no_letter() -> Problem {
    Problem::not_found("There is no dead letter with this number.")
}

/// The id of an API key in the path.
pub(crate) struct KeyInPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for KeyInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.ok().filter(|Path(id)| Key::is_id(id)).map(|Path(id)| Self(id)).ok_or_else(|| no_key().into())
    }
}

pub(crate) fn no_key() -> Problem {
    Problem::not_found("There is no API key with this id.")
}
