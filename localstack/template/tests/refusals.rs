//! What the local tools do not know is refused by its name and line.

use template::Template;

/// A template that is read, with one mapping and one topic.
const GOOD: &str = "\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Seconds: {Type: Number, Default: 7}
  Deployed: {Type: String}
Globals:
  Function:
    MemorySize: 256
    Environment: {Variables: {SHARED: one, BOTH: globals}}
Resources:
  Consumer:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: consumer
      Timeout: !Ref Seconds
      Environment:
        Variables:
          BOTH: own
          JOINED: !Sub \"${Seconds}s of ${!Seconds}\"
      Events:
        Records:
          Type: MSK
          Properties:
            Stream: !GetAtt Cluster.Arn
            Topics: [things]
            ConsumerGroupId: consumer
            StartingPosition: TRIM_HORIZON
        Tick:
          Type: Schedule
          Properties: {Schedule: rate(1 minute), Input: '{\"drain\":true}'}
  Things:
    Type: AWS::MSK::Topic
    Properties:
      TopicName: things
      PartitionCount: 3
      ReplicationFactor: 3
      Configs: !Base64 retention.ms=1000
";

/// The error after `line` is put in behind the line that contains `after`.
fn refusal(after: &str, line: &str) -> String {
    assert_eq!(GOOD.matches(after).count(), 1, "{after}");
    let lines = GOOD.lines().flat_map(|good| if good.contains(after) { vec![good, line] } else { vec![good] });
    Template::parse(&lines.collect::<Vec<_>>().join("\n")).unwrap_err().to_string()
}

/// The error after the one line that contains `old` becomes `new`.
fn replaced(old: &str, new: &str) -> String {
    assert_eq!(GOOD.matches(old).count(), 1, "{old}");
    Template::parse(&GOOD.replace(old, new)).unwrap_err().to_string()
}

fn line_of(text: &str) -> usize {
    GOOD.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn a_known_template_is_read_with_globals_underneath() {
    let template = Template::parse(GOOD).unwrap();
    let [consumer] = template.functions.as_slice() else { panic!("{template:?}") };
    assert_eq!((consumer.timeout.as_secs(), consumer.memory_mb), (7, 256));
    let variables: Vec<_> = consumer.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(variables, [("BOTH", "own"), ("JOINED", "7s of ${Seconds}"), ("SHARED", "one")]);
    assert_eq!(consumer.mappings[0].batch_size, 100);
    assert_eq!(consumer.mappings[0].window.as_millis(), 500);
    assert_eq!(consumer.schedules[0].every.as_secs(), 60);
    assert_eq!(consumer.schedules[0].input.as_deref(), Some("{\"drain\":true}"));
    assert_eq!(template.topics[0].config["retention.ms"], "1000");
}

#[test]
fn a_property_that_the_local_tools_do_not_know_is_refused_by_name() {
    let cases = [
        (
            "ConsumerGroupId",
            "            FilterCriteria: {}",
            "Resources.Consumer.Properties.Events.Records.Properties.FilterCriteria",
        ),
        ("ConsumerGroupId", "            ProvisionedPollerConfig: {}", "ProvisionedPollerConfig"),
        ("ConsumerGroupId", "            StartingPositionTimestamp: 1", "StartingPositionTimestamp"),
        ("Type: Schedule", "          RetryPolicy: {}", "Resources.Consumer.Properties.Events.Tick.RetryPolicy"),
        ("PartitionCount", "      Tags: {}", "Resources.Things.Properties.Tags"),
        ("FunctionName", "      EphemeralStorage: {Size: 1024}", "Resources.Consumer.Properties.EphemeralStorage"),
        ("MemorySize", "    Events: {}", "Globals.Function.Events"),
        ("AWS::MSK::Topic", "    Condition: Always", "Resources.Things.Condition"),
        ("Transform", "Conditions: {}", "Conditions"),
    ];
    for (after, line, name) in cases {
        let error = refusal(after, line);
        let expected = format!("template:{}: ", line_of(after) + 1);
        assert!(error.starts_with(&expected), "{error}");
        assert!(error.contains(&format!("{name}: the local tools do not know this property")), "{error}");
    }
}

#[test]
fn a_property_with_which_lambda_steps_over_failed_records_is_refused() {
    for line in [
        "DestinationConfig: {OnFailure: {Destination: arn}}",
        "MaximumRetryAttempts: 3",
        "MaximumRecordAgeInSeconds: 60",
        "BisectBatchOnFunctionError: true",
        "FunctionResponseTypes: [ReportBatchItemFailures]",
    ] {
        let error = refusal("ConsumerGroupId", &format!("            {line}"));
        let name = line.split(':').next().unwrap();
        assert!(error.contains(&format!("{name}: a batch commits whole")), "{error}");
    }
}

#[test]
fn a_value_that_cannot_be_resolved_is_refused_with_its_line() {
    for (old, new, reason) in [
        ("FunctionName: consumer", "FunctionName: !GetAtt Other.Name", "!GetAtt cannot be resolved locally"),
        ("FunctionName: consumer", "FunctionName: !Sub \"${Deployed}-x\"", "`Deployed` has no default"),
        ("FunctionName: consumer", "FunctionName: !Sub \"${AWS::Region}-x\"", "`AWS::Region` is not a parameter"),
        ("FunctionName: consumer", "FunctionName: \"{{resolve:ssm:name}}\"", "this is a dynamic reference"),
        ("Timeout: !Ref Seconds", "Timeout: !Ref Minutes", "`Minutes` is not a parameter"),
        ("Timeout: !Ref Seconds", "Timeout: {\"Fn::If\": [A, 1, 2]}", "cannot be resolved locally"),
        ("Timeout: !Ref Seconds", "Timeout: 901", "not a whole number from 1 to 900"),
        ("BOTH: own", "BOTH: !ImportValue x", "!ImportValue cannot be resolved locally"),
        ("rate(1 minute)", "cron(0 12 * * ? *)", "do not know the schedule"),
        ("StartingPosition: TRIM_HORIZON", "BatchSize: 10001", "not a whole number from 1 to 10000"),
        ("StartingPosition: TRIM_HORIZON", "MaximumBatchingWindowInSeconds: 301", "not a whole number from 0 to 300"),
        ("TRIM_HORIZON", "AT_TIMESTAMP", "do not know the position"),
        ("Type: MSK", "Type: SQS", "events of type `SQS`"),
        ("Topics: [things]", "Topics: [things, others]", "exactly one topic"),
        ("Topics: [things]", "Topics: !Ref Deployed", "must be a list"),
    ] {
        let error = replaced(old, new);
        assert!(error.starts_with(&format!("template:{}: Resources.Consumer.", line_of(old))), "{error}");
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn of_a_variable_that_only_a_deployment_knows_the_name_alone_is_kept() {
    let text = GOOD.replace("BOTH: own", "BOTH: !Ref Deployed\n          KEY: \"{{resolve:secretsmanager:x}}\"");
    let template = Template::parse(&text).unwrap();
    let names: Vec<_> = template.functions[0].environment.keys().collect();
    assert_eq!(names, ["JOINED", "SHARED"], "the shared value must not stand in for the function's own");
    assert_eq!(template.functions[0].deployed, ["BOTH", "KEY"].map(str::to_owned).into());
}

#[test]
fn resources_that_the_local_tools_would_not_run_are_refused() {
    for (old, new, reason) in [
        (
            "Type: AWS::MSK::Topic",
            "Type: AWS::Lambda::EventSourceMapping",
            "resources of type `AWS::Lambda::EventSourceMapping`",
        ),
        ("TopicName: things", "TopicName: others", "the topic `things` of its mapping is not in the template"),
        ("Configs: !Base64 retention.ms=1000", "Configs: cmV0ZW50aW9u", "must be Fn::Base64"),
    ] {
        assert!(replaced(old, new).contains(reason), "{}", replaced(old, new));
    }
    let twice =
        format!("{GOOD}  Again:\n{}", GOOD.split_once("  Consumer:\n").unwrap().1.split_once("  Things:").unwrap().0);
    let error = Template::parse(&twice).unwrap_err().to_string();
    assert!(error.contains("Resources.Again: the function consumer stands twice"), "{error}");
}

#[test]
fn what_is_not_yaml_is_refused_with_its_line() {
    let duplicate = replaced("FunctionName: consumer", "FunctionName: consumer\n      FunctionName: other");
    assert!(duplicate.starts_with("template:14: not a template: the key `FunctionName` stands twice"), "{duplicate}");
    assert!(replaced("Type: MSK", "Type: [MSK").contains("not a template"));
    assert!(Template::parse("").unwrap_err().to_string().contains("the file is empty"));
    let error = Template::read("no/such/template.yaml".as_ref()).unwrap_err();
    assert_eq!(error.to_string(), "no/such/template.yaml: cannot be read");
}
