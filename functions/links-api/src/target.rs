use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The longest target, in bytes, as it is stored.
pub(crate) const LIMIT: usize = 2048;

/// Why a target cannot be taken.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub(crate) enum InvalidTarget {
    #[error("The target is not an absolute URL.")]
    NotUrl,
    #[error("The target is neither http nor https.")]
    Scheme,
    #[error("The target is longer than 2048 bytes.")]
    TooLong,
    #[error("The target carries a user name or a password, which everyone who follows the link would see.")]
    Credentials,
    #[error("The target leads back to this service.")]
    Ourselves,
}

/// The target as it is stored: normalised, in ASCII.
pub(crate) fn parse(text: &str, base: &Url) -> Result<Url, InvalidTarget> {
    if text.len() > LIMIT {
        return Err(InvalidTarget::TooLong);
    }
    let target = Url::parse(text.trim()).map_err(|_| InvalidTarget::NotUrl)?;
    match target.scheme() {
        "http" | "https" => {}
        _ => return Err(InvalidTarget::Scheme),
    }
    if target.as_str().len() > LIMIT {
        return Err(InvalidTarget::TooLong);
    }
    if !target.username().is_empty() || target.password().is_some() {
        return Err(InvalidTarget::Credentials);
    }
    if is_same_host(&target, base) {
        return Err(InvalidTarget::Ourselves);
    }
    Ok(target)
}

/// Whether both are one service: a link to a link would be a loop, or hide where it leads.
fn is_same_host(target: &Url, base: &Url) -> bool {
    match (target.host(), base.host()) {
        (Some(Host::Domain(target)), Some(Host::Domain(base)))
            if target.trim_end_matches('.') == base.trim_end_matches('.') => {}
        (Some(target_host), Some(base_host)) if target_host == base_host => {}
        (Some(target_host), Some(base_host)) if is_loopback(&target_host) && is_loopback(&base_host) => {}
        _ => return false,
    }
    // On a laptop other services have other ports; in public a host is one service.
    !base.host().is_some_and(|host| is_loopback(&host))
        || target.port_or_known_default() == base.port_or_known_default()
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(domain) => domain.trim_end_matches('.') == "localhost",
        Host::Ipv4(address) => address.is_loopback() || *address == Ipv4Addr::UNSPECIFIED,
        Host::Ipv6(address) => address.is_loopback() || *address == Ipv6Addr::UNSPECIFIED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_taken_or_refused_for_a_reason() {
        let long = format!("https://example.com/{}", "a".repeat(LIMIT));
        let grows = format!("https://example.com/{}", "é".repeat(500));
        let cases = [
            ("https://example.com", Ok("https://example.com/")),
            ("http://example.com/a?b=c#d", Ok("http://example.com/a?b=c#d")),
            ("HTTPS://EXAMPLE.COM/Path", Ok("https://example.com/Path")),
            (" https://example.com/ ", Ok("https://example.com/")),
            ("https://münchen.example/ö", Ok("https://xn--mnchen-3ya.example/%C3%B6")),
            ("https://example.com/a b", Ok("https://example.com/a%20b")),
            ("https://example.com/\r\nSet-Cookie: a=b", Ok("https://example.com/Set-Cookie:%20a=b")),
            ("https://short.example.evil.example/", Ok("https://short.example.evil.example/")),
            ("", Err(InvalidTarget::NotUrl)),
            ("example.com", Err(InvalidTarget::NotUrl)),
            ("/path", Err(InvalidTarget::NotUrl)),
            ("https://", Err(InvalidTarget::NotUrl)),
            ("https://exa mple.com/", Err(InvalidTarget::NotUrl)),
            ("javascript:alert(1)", Err(InvalidTarget::Scheme)),
            ("data:text/html,x", Err(InvalidTarget::Scheme)),
            ("ftp://example.com/", Err(InvalidTarget::Scheme)),
            ("file:///etc/passwd", Err(InvalidTarget::Scheme)),
            ("https://user@example.com/", Err(InvalidTarget::Credentials)),
            ("https://user:pass@example.com/", Err(InvalidTarget::Credentials)),
            ("https://short.example/abc", Err(InvalidTarget::Ourselves)),
            ("http://SHORT.example:8080/abc", Err(InvalidTarget::Ourselves)),
            ("https://short.example./abc", Err(InvalidTarget::Ourselves)),
            (long.as_str(), Err(InvalidTarget::TooLong)),
            (grows.as_str(), Err(InvalidTarget::TooLong)),
        ];
        let base = "https://short.example/".parse().unwrap();
        for (text, expected) in cases {
            let parsed = parse(text, &base);
            assert_eq!(parsed.as_ref().map(Url::as_str).map_err(|error| *error), expected, "{text:.80}");
        }
    }

    #[test]
    fn on_a_laptop_another_port_is_another_service() {
        let base = "http://127.0.0.1:9000/".parse().unwrap();
        assert!(parse("http://127.0.0.1:8080/", &base).is_ok());
        for ourselves in ["http://127.0.0.1:9000/x", "http://localhost:9000/x", "http://[::1]:9000/x"] {
            assert_eq!(parse(ourselves, &base), Err(InvalidTarget::Ourselves), "{ourselves}");
        }
    }
}
