use consumer::Refusal;
use events::{Data, Event, LinkClicked, Text};
use settings::{Environment, SettingError};
use store::clicks::Click;

use crate::address::AddressPolicy;
use crate::country::Countries;
use crate::traffic_source;
use crate::user_agent::UserAgents;

/// Where a click came from is not known.
const UNKNOWN_COUNTRY: &str = "ZZ";

/// Turns the event of a click into what is stored of it.
pub struct Enricher {
    addresses: AddressPolicy,
    countries: Countries,
    user_agents: UserAgents,
}

impl Enricher {
    /// Reads `CLICK_IP` and the file of `COUNTRY_DATABASE`, and starts to compile the parsers of user agents.
    pub fn load(environment: &Environment) -> Result<Self, SettingError> {
        Ok(Self {
            addresses: environment.parsed("CLICK_IP", AddressPolicy::Truncated)?,
            countries: Countries::load(environment)?,
            user_agents: UserAgents::start(),
        })
    }

    /// The row of a click; refuses any other event.
    pub fn click(&self, event: Event) -> Result<Click, Refusal> {
        let event_type = event.event_type();
        let Data::LinkClicked(click) = event.data else { return Err(Refusal::unexpected(event_type)) };
        // decode() lets no click pass whose id is no UUIDv7.
        let event_id = event.id.as_uuid_v7().expect("the id of a click is a UUIDv7");
        let agent = self.user_agents.describe(click.user_agent.as_ref().map(Text::as_str));
        let source = traffic_source::of(click.referrer.as_ref().map(Text::as_str), &click.utm);
        Ok(Click {
            event_id,
            link_id: click.link_id,
            clicked_at: click.timestamp,
            is_bot: agent.is_bot,
            country: self.country(&click),
            device: agent.device,
            browser: agent.browser,
            os: agent.os,
            traffic_source: source.kind,
            referrer_host: source.host,
            ip: click.ip_address.and_then(|address| self.addresses.apply(address)),
            short_code: click.short_code.to_string(),
            referrer: text(click.referrer),
            user_agent: text(click.user_agent),
            accept_language: text(click.accept_language),
            utm: [click.utm.source, click.utm.medium, click.utm.campaign, click.utm.term, click.utm.content].map(text),
        })
    }

    fn country(&self, click: &LinkClicked) -> String {
        let country = click.edge_country.or_else(|| self.countries.of(click.ip_address?));
        country.map_or_else(|| UNKNOWN_COUNTRY.to_owned(), |country| country.to_string())
    }
}

fn text<const MAX: usize>(text: Option<Text<MAX>>) -> Option<String> {
    text.map(Text::into_string)
}
