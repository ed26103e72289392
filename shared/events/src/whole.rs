use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A whole number from `MIN` to `MAX`. What JSON writes with a point or an exponent is none, whatever its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: i64, const MAX: i64>(i64);

/// A number that is too small or too large.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("is not from {min} to {max}")]
pub struct OutOfRange {
    min: i64,
    max: i64,
}

impl<const MIN: i64, const MAX: i64> Whole<MIN, MAX> {
    /// The number, where it is one of these.
    pub const fn new(number: i64) -> Result<Self, OutOfRange> {
        if MIN <= number && number <= MAX { Ok(Self(number)) } else { Err(OutOfRange { min: MIN, max: MAX }) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> fmt::Display for Whole<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Digit = Whole<-9, 9>;
    type Money = Whole<0, { i64::MAX }>;

    #[test]
    fn a_number_is_from_the_least_to_the_greatest() {
        assert_eq!((Digit::new(-9).unwrap().get(), Digit::new(9).unwrap().get()), (-9, 9));
        for number in [-10, 10, i64::MIN, i64::MAX] {
            assert_eq!(Digit::new(number).unwrap_err().to_string(), "is not from -9 to 9");
        }
    }

    #[test]
    fn money_is_never_read_from_a_float_and_exact_to_the_last_of_64_bits() {
        let read = |json: &str| serde_json::from_str::<Money>(json).map(Money::get).ok();
        assert_eq!(read("9223372036854775807"), Some(i64::MAX));
        assert_eq!(read("9007199254740993"), Some(9_007_199_254_740_993), "which no double can hold");
        for json in ["9223372036854775808", "18446744073709551615", "1.0", "1e2", "0.1", "-0.0", "-1", "\"1\"", "null"]
        {
            assert_eq!(read(json), None, "{json}");
        }
        assert_eq!(serde_json::to_string(&Money::new(i64::MAX).unwrap()).unwrap(), "9223372036854775807");
    }
}
