//! The line that Lambda writes after each invocation.

use std::time::Duration;

/// What became of an invocation.
pub(crate) struct Summary<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) duration: Duration,
    /// Of the first invocation of an environment.
    pub(crate) init: Option<Duration>,
    /// In bytes.
    pub(crate) memory: u64,
    /// In bytes.
    pub(crate) memory_limit: u64,
    /// Lambda's word where the environment was lost.
    pub(crate) status: Option<&'static str>,
}

impl Summary<'_> {
    /// As Lambda writes it, tabs included. The time of the start is billed too.
    pub(crate) fn line(&self) -> String {
        let Self { request_id, duration, init, memory, memory_limit, status } = self;
        let billed = (*duration + init.unwrap_or_default()).as_micros().div_ceil(1000);
        let (memory, memory_limit) = (memory.div_ceil(1 << 20), memory_limit >> 20);
        let duration = duration.as_secs_f64() * 1000.0;
        let init =
            init.map(|init| format!("\tInit Duration: {:.2} ms", init.as_secs_f64() * 1000.0)).unwrap_or_default();
        let status = status.map(|status| format!("\tStatus: {status}")).unwrap_or_default();
        format!(
            "REPORT RequestId: {request_id}\tDuration: {duration:.2} ms\tBilled Duration: {billed} ms\t\
             Memory Size: {memory_limit} MB\tMax Memory Used: {memory} MB{init}{status}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_lambdas_does() {
        let mut summary = Summary {
            request_id: "r-1",
            duration: Duration::from_micros(12_344),
            init: Some(Duration::from_micros(30_001)),
            memory: (20 << 20) + 1,
            memory_limit: 128 << 20,
            status: None,
        };
        let first = "REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: 43 ms\tMemory Size: 128 MB\t\
                     Max Memory Used: 21 MB\tInit Duration: 30.00 ms";
        assert_eq!(summary.line(), first);
        (summary.init, summary.status) = (None, Some("timeout"));
        let later = "REPORT RequestId: r-1\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t\
                     Max Memory Used: 21 MB\tStatus: timeout";
        assert_eq!(summary.line(), later);
    }
}
