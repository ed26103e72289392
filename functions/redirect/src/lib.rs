//! `GET` and `HEAD /{code}`: looks the link up, publishes the click, and answers with the target. It never writes to the
//! database: a click that Kafka did not acknowledge is answered with 503, and not lost in silence.

mod cache;
mod click;
mod client;
mod handler;
mod lookup;

pub use aws_lambda_events::apigw::{ApiGatewayV2httpRequest as HttpRequest, ApiGatewayV2httpResponse as HttpResponse};
pub use handler::Redirect;
