use std::time::Duration;

use anyhow::{Context as _, bail};
use events::CLOUDEVENTS_JSON;
use reqwest::{Client, StatusCode};

use super::Answer;
use crate::{Parcel, What};

/// The most events that the intake takes at once.
const MOST: usize = 500;
const BATCH: &str = "application/cloudevents-batch+json";

/// The intake, and who asks.
pub struct Intake {
    client: Client,
    url: String,
    key: String,
}

impl Intake {
    pub(super) fn new(base: &str, key: &str) -> anyhow::Result<Self> {
        let client =
            Client::builder().timeout(Duration::from_secs(35)).build().context("cannot make an HTTP client")?;
        Ok(Self { client, url: format!("{}/api/events", base.trim_end_matches('/')), key: key.to_owned() })
    }

    /// One request after the other, so that keys keep their order. Rubbish goes alone: a batch is taken whole or not at all.
    pub(super) async fn send(&self, parcels: &[&Parcel]) -> anyhow::Result<Vec<Answer>> {
        let mut answers = Vec::with_capacity(parcels.len());
        for part in parcels.chunk_by(|one, next| is_sound(one) && is_sound(next)).flat_map(|part| part.chunks(MOST)) {
            let answer = self.post(part).await?;
            answers.extend(part.iter().map(|_| answer.clone()));
            let rest = match answer {
                Answer::Unknown(_) => answer,
                Answer::Refused(_) if part.iter().any(|parcel| is_sound(parcel)) => {
                    Answer::Unknown("an event before it was refused".to_owned())
                }
                Answer::Acknowledged | Answer::Refused(_) => continue,
            };
            // What follows would overtake it.
            answers.resize(parcels.len(), rest);
            break;
        }
        Ok(answers)
    }

    async fn post(&self, part: &[&Parcel]) -> anyhow::Result<Answer> {
        let (kind, body) = match part {
            [rubbish] if !is_sound(rubbish) => (CLOUDEVENTS_JSON, rubbish.value.clone()),
            _ => (BATCH, batch(part)),
        };
        let request = self.client.post(&self.url).bearer_auth(&self.key).header("content-type", kind).body(body);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Ok(Answer::Unknown(format!("{} does not answer: {error}", self.url))),
        };
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        match status {
            StatusCode::ACCEPTED => Ok(Answer::Acknowledged),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => bail!(
                "the API key may not send this ({status}): `make api-key DO=\"create --name producer --scope events:* \
                 --source /producer\"` makes one that may; {text}"
            ),
            _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Ok(Answer::Unknown(format!("{} answers {status}: {text}", self.url)))
            }
            _ if status.is_client_error() => Ok(Answer::Refused(format!("{status}: {text}"))),
            _ => bail!("{} answers {status}, as no intake does: {text}", self.url),
        }
    }
}

fn is_sound(parcel: &Parcel) -> bool {
    match parcel.what {
        What::Event | What::Duplicate => true,
        What::Rubbish(kind) => kind.is_sound(),
    }
}

fn batch(part: &[&Parcel]) -> Vec<u8> {
    let values: Vec<&[u8]> = part.iter().map(|parcel| parcel.value.as_slice()).collect();
    [b"[".as_slice(), &values.join(b",".as_slice()), b"]"].concat()
}
