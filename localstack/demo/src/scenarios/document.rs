//! `docs/scenarios.md`: commands, and what they print.

const COMMANDS: &str = "```sh";
const OUTPUT: &str = "```text";
const END: &str = "```";

/// Commands, and what they should print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The heading that it stands under.
    pub(crate) section: String,
    pub(crate) commands: String,
    pub(crate) output: String,
}

/// The document, cut so that outputs can be put in anew: text that ends with the line that begins an output, and the step it is of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Document {
    parts: Vec<(String, Step)>,
    rest: String,
}

impl Document {
    /// Reads it. Commands without an output, and an output without commands, are an error that names the line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (mut parts, mut before) = (Vec::new(), String::new());
        let (mut section, mut commands) = (String::new(), None);
        let mut lines = (1..).zip(text.lines());
        while let Some((number, line)) = lines.next() {
            before.push_str(line);
            before.push('\n');
            if let Some(title) = line.strip_prefix("## ") {
                title.clone_into(&mut section);
            }
            if line == COMMANDS {
                if commands.is_some() {
                    return Err(format!("line {number}: the commands before have no output"));
                }
                let block = block(&mut lines);
                before.push_str(&block);
                before.push_str("```\n");
                commands = Some(block);
            } else if line == OUTPUT {
                let commands = commands.take().ok_or_else(|| format!("line {number}: an output of no commands"))?;
                let step = Step { section: section.clone(), commands, output: block(&mut lines) };
                parts.push((std::mem::take(&mut before), step));
                before.push_str("```\n");
            }
        }
        if commands.is_some() {
            return Err("the last commands have no output".to_owned());
        }
        Ok(Self { parts, rest: before })
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.parts.iter().map(|(_, step)| step)
    }

    /// Gives a step, by its place, another output.
    pub(crate) fn put(&mut self, place: usize, output: String) {
        self.parts[place].1.output = output;
    }

    pub(crate) fn text(&self) -> String {
        let parts = self.parts.iter().map(|(before, step)| format!("{before}{}", step.output));
        parts.chain([self.rest.clone()]).collect()
    }
}

/// The lines up to the end of a block.
fn block<'t>(lines: &mut impl Iterator<Item = (usize, &'t str)>) -> String {
    let lines = lines.map(|(_, line)| line).take_while(|line| *line != END);
    lines.fold(String::new(), |block, line| block + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# T\n\n```\nnot run\n```\n\n## One\n\n```sh\necho a\necho b\n```\n\n```text\na\nb\n```\n\nWords.\n\n## Two\n\n```sh\ntrue\n```\n\n```text\n```\n";

    #[test]
    fn a_document_is_read_and_written_as_it_was() {
        let document = Document::parse(TEXT).unwrap();
        let steps: Vec<_> = document
            .steps()
            .map(|step| (step.section.as_str(), step.commands.as_str(), step.output.as_str()))
            .collect();
        assert_eq!(steps, [("One", "echo a\necho b\n", "a\nb\n"), ("Two", "true\n", "")]);
        assert_eq!(document.text(), TEXT);
    }

    #[test]
    fn another_output_takes_the_place_of_the_one_before() {
        let mut document = Document::parse(TEXT).unwrap();
        document.put(0, "c\n".to_owned());
        assert_eq!(document.text(), TEXT.replace("a\nb\n```\n\nWords", "c\n```\n\nWords"));
    }

    #[test]
    fn commands_without_an_output_and_an_output_without_commands_are_refused() {
        for (text, wrong) in [
            ("```sh\ntrue\n```\n", "the last commands"),
            ("```sh\ntrue\n```\n\n```sh\ntrue\n```\n", "line 5"),
            ("\n```text\n```\n", "line 2"),
        ] {
            assert!(Document::parse(text).unwrap_err().contains(wrong), "{text}");
        }
    }

    /// The promises of the document, and that each was tried.
    #[test]
    fn every_scenario_is_there_and_has_an_output_that_was_taken_down() {
        let text = include_str!("../../../../docs/scenarios.md");
        let document = Document::parse(text).unwrap();
        let mut sections: Vec<&str> = document.steps().map(|step| step.section.as_str()).collect();
        sections.dedup();
        let all = [
            "Happy path",
            "Idempotence",
            "Order of arrival",
            "Dead letters",
            "Database verification",
            "API validation",
            "Performance",
            "Restart",
            "Kafka is down",
            "The service is killed",
            "The consumer is killed",
            "From the start",
        ];
        assert_eq!(sections, all);
        let missing = document.steps().filter(|step| step.output.trim().is_empty()).count();
        assert_eq!(missing, 0, "outputs that nobody has taken down: `make scenarios DO=--write`");
    }
}
