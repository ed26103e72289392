use events::ShortCode;
use rand::Rng;
use rand::seq::IndexedRandom;

/// First segments of routes, today's and those that are kept free for what is to come, so that no link hides one of them.
/// A test holds them against `infra/template.yaml`.
const RESERVED: [&str; 14] = [
    "api",
    "admin",
    "assets",
    "audit",
    "docs",
    "favicon",
    "health",
    "inventory",
    "metrics",
    "orders",
    "robots",
    "static",
    "status",
    "users",
];

/// Without those that look alike: 0 and O, 1, I and l.
const ALPHABET: &[u8; 57] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// 57⁷ is about 2 × 10¹² codes.
const LENGTH: usize = 7;

/// Whether the code is the first segment of a route, in any case.
pub(crate) fn is_reserved(code: &ShortCode) -> bool {
    RESERVED.iter().any(|reserved| code.as_str().eq_ignore_ascii_case(reserved))
}

/// A code that nobody chose.
pub(crate) fn generate(random: &mut impl Rng) -> ShortCode {
    loop {
        let text: String = (0..LENGTH).filter_map(|_| ALPHABET.choose(random)).map(|byte| char::from(*byte)).collect();
        let code: ShortCode = text.parse().expect("every character is allowed in a code");
        if !is_reserved(&code) {
            return code;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use template::Template;

    use super::*;

    #[test]
    fn no_code_hides_a_route() {
        let template =
            Template::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml")).unwrap();
        let routes: Vec<_> = template.functions.iter().flat_map(|function| &function.routes).collect();
        assert!(routes.len() >= 4, "the template names its routes");
        for route in routes {
            let first = route.path.trim_start_matches('/').split('/').next().unwrap();
            let is_covered = first.starts_with('{') || RESERVED.contains(&first);
            assert!(is_covered, "{first} of {} is not reserved", route.path);
        }
    }

    #[test]
    fn a_route_in_any_case_is_reserved() {
        assert!(is_reserved(&"API".parse().unwrap()));
        assert!(!is_reserved(&"apis".parse().unwrap()));
    }

    #[test]
    fn generated_codes_are_of_the_alphabet_and_differ() {
        let mut random = StdRng::seed_from_u64(1);
        let (one, other) = (generate(&mut random), generate(&mut random));
        assert_ne!(one, other);
        assert!(one.as_str().len() == LENGTH && one.as_str().bytes().all(|byte| ALPHABET.contains(&byte)));
    }
}
