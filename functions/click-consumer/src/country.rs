use std::net::IpAddr;

use events::Country;
use maxminddb::{Reader, path};
use settings::{Environment, SettingError};

/// Countries by address, from a file in MaxMind's format. None is shipped: the operator chooses one.
pub(crate) struct Countries(Option<Reader<Vec<u8>>>);

const VARIABLE: &str = "COUNTRY_DATABASE";

impl Countries {
    /// Opens the file that the variable names, where it names one.
    pub(crate) fn load(environment: &Environment) -> Result<Self, SettingError> {
        let open = |file| {
            Reader::open_readfile(file).map_err(|error| SettingError::Invalid {
                name: VARIABLE.to_owned(),
                reason: format!("{file}: {error}"),
            })
        };
        environment.optional(VARIABLE).map(open).transpose().map(Self)
    }

    /// The country of an address: in `country.iso_code`, as `GeoLite2` has it, or flat in `country_code`.
    pub(crate) fn of(&self, address: IpAddr) -> Option<Country> {
        let found = self.0.as_ref()?.lookup(address).ok()?;
        let nested = found.decode_path::<&str>(&path!["country", "iso_code"]).ok().flatten();
        let code = nested.or_else(|| found.decode_path(&path!["country_code"]).ok().flatten());
        code?.parse().ok()
    }
}
