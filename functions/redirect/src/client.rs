use std::net::IpAddr;
use std::str::FromStr;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use events::Country;
use http::HeaderMap;

/// The edge in front of us whose headers about the client can be believed. Anyone can send such a header to a host that is
/// reached without that edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// None: the peer of the connection is the client, and its country is not known from headers.
    None,
    /// Amazon CloudFront, with its viewer headers switched on.
    CloudFront,
    /// Cloudflare.
    Cloudflare,
    /// A proxy that appends the address it saw to `X-Forwarded-For`.
    Proxy,
}

impl FromStr for Edge {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "cloudfront" => Ok(Self::CloudFront),
            "cloudflare" => Ok(Self::Cloudflare),
            "proxy" => Ok(Self::Proxy),
            _ => Err("it is none, cloudfront, cloudflare or proxy"),
        }
    }
}

impl Edge {
    /// The country that this edge saw the client in.
    pub(crate) fn country(self, headers: &HeaderMap) -> Option<Country> {
        let header = match self {
            Self::CloudFront => "cloudfront-viewer-country",
            Self::Cloudflare => "cf-ipcountry",
            Self::None | Self::Proxy => return None,
        };
        text(headers, header)?.trim().parse().ok()
    }

    /// The address of the client.
    pub(crate) fn address(self, request: &ApiGatewayV2httpRequest) -> Option<IpAddr> {
        let headers = &request.headers;
        let peer = request.request_context.http.source_ip.as_deref().and_then(address);
        let seen = match self {
            Self::None => None,
            Self::CloudFront => text(headers, "cloudfront-viewer-address").and_then(without_port),
            Self::Cloudflare => text(headers, "cf-connecting-ip").and_then(address),
            Self::Proxy => text(headers, "x-forwarded-for").and_then(|list| seen_by_proxy(list, peer)),
        };
        seen.or(peer)
    }
}

/// What the proxy appended: the last entry, or the one before it where the API appended the proxy itself. Everything before that is
/// what the client says of itself.
fn seen_by_proxy(list: &str, proxy: Option<IpAddr>) -> Option<IpAddr> {
    let mut entries = list.rsplit(',').map(address);
    match entries.next()? {
        Some(appended) if Some(appended) == proxy => entries.next()?,
        appended => appended,
    }
}

/// The last header of the name, as text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(name).iter().next_back()?.to_str().ok()
}

/// An address, in brackets or not, with a port or not. IPv4 in IPv6 form is IPv4.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let parsed = text.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()));
    let parsed = parsed.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    parsed.map(|address: IpAddr| address.to_canonical())
}

/// `CloudFront` writes `address:port`, for IPv6 without brackets.
fn without_port(text: &str) -> Option<IpAddr> {
    address(text.rsplit_once(':')?.0)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn request(peer: &str, headers: &[(&'static str, &str)]) -> ApiGatewayV2httpRequest {
        let mut request = ApiGatewayV2httpRequest::default();
        request.request_context.http.source_ip = Some(peer.to_owned());
        for (name, value) in headers {
            request.headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        request
    }

    #[test]
    fn the_address_is_what_the_trusted_edge_saw() {
        let cases = [
            (Edge::None, "192.0.2.1", "x-forwarded-for", "203.0.113.9", "192.0.2.1"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "spoofed, 203.0.113.9", "203.0.113.9"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "2001:db8::7, 203.0.113.9:4711", "203.0.113.9"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "[2001:db8::7]:443", "2001:db8::7"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "[2001:db8::7]", "2001:db8::7"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "203.0.113.9, unknown", "10.0.0.1"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "spoofed, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "10.0.0.1", "10.0.0.1"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "", "10.0.0.1"),
            (Edge::Proxy, "10.0.0.1", "x-forwarded-for", "::ffff:203.0.113.9", "203.0.113.9"),
            (Edge::CloudFront, "10.0.0.1", "cloudfront-viewer-address", "203.0.113.9:46532", "203.0.113.9"),
            (Edge::CloudFront, "10.0.0.1", "cloudfront-viewer-address", "2001:db8::7:46532", "2001:db8::7"),
            (Edge::Cloudflare, "10.0.0.1", "cf-connecting-ip", "2001:db8::7", "2001:db8::7"),
        ];
        for (edge, peer, header, value, expected) in cases {
            let seen = edge.address(&request(peer, &[(header, value)]));
            assert_eq!(seen, Some(expected.parse().unwrap()), "{edge:?} {value}");
        }
    }

    #[test]
    fn a_country_header_counts_only_where_its_edge_is_trusted() {
        let headers = request("10.0.0.1", &[("cf-ipcountry", "SE"), ("cloudfront-viewer-country", "NO")]).headers;
        assert_eq!(Edge::Cloudflare.country(&headers).unwrap().as_str(), "SE");
        assert_eq!(Edge::CloudFront.country(&headers).unwrap().as_str(), "NO");
        assert_eq!(Edge::None.country(&headers), None);
        assert_eq!(Edge::Proxy.country(&headers), None);
    }
}
