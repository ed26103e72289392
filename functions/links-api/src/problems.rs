use http::StatusCode;
use lambda::Problem;

pub(crate) fn no_link() -> Problem {
    Problem::not_found("There is no link with this code.")
}

pub(crate) fn taken(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "code-taken", "Code taken", detail).about("code")
}
