use std::net::IpAddr;
use std::str::FromStr;

use store::clicks::Network;

/// What is stored of a client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressPolicy {
    /// Its network: /24 of IPv4, /48 of IPv6.
    Truncated,
    /// All of it.
    Full,
    /// Nothing.
    None,
}

impl FromStr for AddressPolicy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "truncated" => Ok(Self::Truncated),
            "full" => Ok(Self::Full),
            "none" => Ok(Self::None),
            _ => Err("it is truncated, full or none"),
        }
    }
}

impl AddressPolicy {
    /// What is kept of the address.
    pub(crate) fn apply(self, address: IpAddr) -> Option<Network> {
        match (self, address) {
            (Self::None, _) => None,
            (Self::Full, IpAddr::V4(_)) => Some(Network { address, prefix: 32 }),
            (Self::Full, IpAddr::V6(_)) => Some(Network { address, prefix: 128 }),
            (Self::Truncated, IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                Some(Network { address: [a, b, c, 0].into(), prefix: 24 })
            }
            (Self::Truncated, IpAddr::V6(address)) => {
                let [a, b, c, ..] = address.segments();
                Some(Network { address: [a, b, c, 0, 0, 0, 0, 0].into(), prefix: 48 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_truncated_unless_said_otherwise() {
        let cases = [
            ("203.0.113.77", AddressPolicy::Truncated, Some(("203.0.113.0", 24))),
            ("2001:db8:1:2::3", AddressPolicy::Truncated, Some(("2001:db8:1::", 48))),
            ("203.0.113.77", AddressPolicy::Full, Some(("203.0.113.77", 32))),
            ("2001:db8:1:2::3", AddressPolicy::Full, Some(("2001:db8:1:2::3", 128))),
            ("203.0.113.77", AddressPolicy::None, None),
        ];
        for (address, policy, stored) in cases {
            let stored = stored.map(|(address, prefix)| Network { address: address.parse().unwrap(), prefix });
            assert_eq!(policy.apply(address.parse().unwrap()), stored, "{policy:?}");
        }
    }
}
