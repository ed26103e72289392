//! The fifth act: people discuss in two courses, some of them at once, and what it comes to is compared with what they did.

use console::style;
use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::api::Api;
use crate::mishaps::until;
use crate::operator::Operator;
use crate::progress::Step;
use crate::report::Row;

const THREADS: &str = "/api/discussions/threads";

/// Two courses that nobody else knows.
pub(crate) struct Discussions<'a> {
    api: &'a Api,
    operator: &'a Operator,
    maths: String,
    music: String,
}

/// The threads, by what happens in them.
struct Threads {
    busy: String,
    quiet: String,
    gone: String,
    edited: String,
}

impl<'a> Discussions<'a> {
    pub(crate) fn new(api: &'a Api, operator: &'a Operator, now: OffsetDateTime) -> Self {
        let name =
            |course: &str| format!("{course}-{}", Uuid::from_u128(now.unix_timestamp_nanos().unsigned_abs()).simple());
        Self { api, operator, maths: name("maths"), music: name("music") }
    }

    /// Plays it, and says what was expected and what came of it.
    pub(crate) async fn play(&self) -> anyhow::Result<Vec<Row>> {
        let (threads, mut rows) = self.discuss().await?;
        rows.extend(self.sums(&threads).await?);
        rows.extend(self.compared().await?);
        Ok(rows)
    }

    /// What people do, and what the service itself says of it.
    async fn discuss(&self) -> anyhow::Result<(Threads, Vec<Row>)> {
        let step = Step::start("Discussing in two courses");
        let threads = Threads {
            busy: self.create(&self.maths).await?,
            quiet: self.create(&self.maths).await?,
            gone: self.create(&self.maths).await?,
            edited: self.create(&self.music).await?,
        };
        let Threads { busy, quiet, gone, edited } = &threads;
        let first = self.comment(busy, "bert", None).await?;
        self.comment(busy, "cleo", Some(&first)).await?;
        self.comment(busy, "dora", None).await?;
        self.comment(quiet, "emil", None).await?;
        for (thread, views) in [(busy, 2), (quiet, 4), (edited, 1)] {
            for _ in 0..views {
                self.get(&format!("{THREADS}/{thread}")).await?;
            }
        }
        let edit = json!({"author": "anna", "title": "And why not?"});
        self.api.change(Method::PATCH, &format!("{THREADS}/{edited}"), &edit).await?;
        step.waits_for("Voting, several people at once".to_owned());
        let voted = self.vote_at_once(busy).await?;
        for (thread, voter) in [(quiet, "dora"), (quiet, "emil"), (gone, "anna"), (gone, "bert")] {
            self.vote(thread, voter, "up").await?;
        }
        self.api.delete(&format!("{THREADS}/{gone}?author=anna")).await?;
        let comments = self.get(&format!("{THREADS}/{busy}/comments")).await?;
        let rows = vec![
            Row::new("votes", "for, of five people", 2, number(&voted, "upVotes")),
            Row::new("votes", "against", 2, number(&voted, "downVotes")),
            Row::new("votes", "comments beside them", 3, comments["items"].as_array().map_or(0, Vec::len) as u64),
        ];
        let what = "Discussed in two courses; five people voted at once, and three changed their minds at once";
        step.end(rows.iter().all(Row::is_right), what);
        Ok((threads, rows))
    }

    /// Five people vote for a thread; then two are against it, and one takes back what they said. Gives the counts afterwards.
    async fn vote_at_once(&self, thread: &str) -> anyhow::Result<Value> {
        let up = |voter: &'static str| self.vote(thread, voter, "up");
        tokio::try_join!(up("anna"), up("bert"), up("cleo"), up("dora"), up("emil"))?;
        let change = |voter: &'static str, vote: &'static str| self.vote(thread, voter, vote);
        tokio::try_join!(change("anna", "down"), change("bert", "down"), change("cleo", "none"))?;
        // A vote that is cast already changes nothing, and is answered with the counts.
        self.vote(thread, "emil", "up").await
    }

    /// What the events of all that have come to.
    async fn sums(&self, threads: &Threads) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Waiting for the sums of threads and courses");
        let course = format!("/api/analytics/courses/{}", self.maths);
        // One of three threads was deleted, and what had happened in it stays.
        let expected = [("threads", 2), ("views", 6), ("comments", 4), ("upVotes", 6), ("downVotes", 2)];
        until(async || {
            let sums = self.get(&course).await?;
            Ok(expected.iter().all(|(name, expected)| number(&sums, name) == *expected))
        })
        .await?;
        let edited = format!("/api/analytics/threads/{}", threads.edited);
        until(async || Ok(self.get(&edited).await?["title"] == "And why not?")).await?;
        let (sums, edited) = (self.get(&course).await?, self.get(&edited).await?);
        let busy = self.get(&format!("/api/analytics/threads/{}", threads.busy)).await?;
        let best = self.get(&format!("{course}/top")).await?;
        let place = |place: usize, thread: &str| u64::from(best["threads"][place]["threadId"] == thread);
        let mut rows: Vec<Row> =
            expected.iter().map(|(name, expected)| Row::new("course", name, *expected, number(&sums, name))).collect();
        rows.extend([
            Row::new("thread", "votes for it", 2, number(&busy, "upVotes")),
            Row::new("thread", "its score", 2 + 5 * 3, number(&busy, "score")),
            Row::new("thread", "has the new title", 1, (edited["title"] == "And why not?").into()),
            Row::new("top", "first: the busy one", 1, place(0, &threads.busy)),
            Row::new("top", "then the quiet one", 1, place(1, &threads.quiet)),
            Row::new("top", "and nothing else", 2, best["threads"].as_array().map_or(0, Vec::len) as u64),
        ]);
        step.end(
            rows.iter().all(Row::is_right),
            "The sums of threads and courses are what was done, and so is the order",
        );
        Ok(rows)
    }

    /// All sums of all pipelines, made anew.
    async fn compared(&self) -> anyhow::Result<Vec<Row>> {
        let step = Step::start("Comparing all sums with their facts");
        let rows = vec![Row::new("sums", "unlike their facts", 0, self.operator.differing_sums().await?)];
        let check = style("make aggregates-check").cyan();
        step.end(rows.iter().all(Row::is_right), &format!("{check}: every sum is what its facts come to"));
        Ok(rows)
    }

    async fn create(&self, course: &str) -> anyhow::Result<String> {
        let thread = json!({"courseId": course, "title": "Why?", "content": "I wonder.", "author": "anna"});
        Ok(text(&self.api.post(THREADS, &thread).await?, "threadId"))
    }

    async fn comment(&self, thread: &str, author: &str, parent: Option<&str>) -> anyhow::Result<String> {
        let mut comment = json!({"author": author, "content": "Because."});
        if let Some(parent) = parent {
            comment["parentId"] = json!(parent);
        }
        Ok(text(&self.api.post(&format!("{THREADS}/{thread}/comments"), &comment).await?, "commentId"))
    }

    async fn vote(&self, thread: &str, voter: &str, vote: &str) -> anyhow::Result<Value> {
        let path = format!("{THREADS}/{thread}/vote");
        self.api.change(Method::PUT, &path, &json!({"voter": voter, "vote": vote})).await
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.api.get(path).await?.unwrap_or_default())
    }
}

fn number(answer: &Value, name: &str) -> u64 {
    answer[name].as_u64().unwrap_or_default()
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_default().to_owned()
}
