//! The whole document, and what must hold between its resources.

use std::collections::BTreeSet;

use crate::error::Refusal;
use crate::parameters::Parameters;
use crate::properties::{Node, Properties};
use crate::{Mapping, Template, function, topic, tree};

const SECTIONS: &[&str] = &["Parameters", "Globals", "Resources"];
const OTHER_SECTIONS: &[&str] = &["AWSTemplateFormatVersion", "Description", "Metadata", "Outputs", "Transform"];

/// Attributes that say when and how CloudFormation handles a resource, not what it is.
const ATTRIBUTES: &[&str] = &["DeletionPolicy", "DependsOn", "Metadata", "UpdateReplacePolicy"];

/// Reads the text of a template.
pub(crate) fn template(text: &str) -> Result<Template, Refusal> {
    let yaml = tree::load(text)?;
    let sections = Node::root(&yaml).properties(SECTIONS, OTHER_SECTIONS)?;
    let parameters = sections.get("Parameters").map(Parameters::read).transpose()?.unwrap_or_default();
    let globals = sections.get("Globals").map(function::globals).transpose()?.flatten();
    let mut template = Template { functions: Vec::new(), topics: Vec::new() };
    let resources = sections.required("Resources")?.entries()?;
    for (logical_id, node) in &resources {
        add(&mut template, logical_id, node, globals.as_ref(), &parameters)?;
    }
    check(&template, &resources)?;
    Ok(template)
}

fn add(
    template: &mut Template,
    logical_id: &str,
    node: &Node<'_>,
    globals: Option<&Properties<'_>>,
    parameters: &Parameters,
) -> Result<(), Refusal> {
    let resource = node.properties(&["Type", "Properties"], ATTRIBUTES)?;
    let kind = resource.required("Type")?;
    match parameters.text(kind)?.as_str() {
        "AWS::Serverless::Function" => {
            let properties = resource.required("Properties")?;
            template.functions.push(function::read(logical_id, properties, globals, parameters)?);
        }
        "AWS::MSK::Topic" => {
            template.topics.push(topic::read(logical_id, resource.required("Properties")?, parameters)?);
        }
        "AWS::Serverless::HttpApi" => {
            if let Some(properties) = resource.get("Properties") {
                // Its routes are the functions' events; a definition of its own would hide others.
                properties
                    .properties(&[], &["AccessLogSettings", "DefaultRouteSettings", "Description", "Domain", "Tags"])?;
            }
        }
        "AWS::Logs::LogGroup" => {}
        other => return kind.refuse(format!("the local tools do not know resources of type `{other}`")),
    }
    Ok(())
}

/// What may stand only once does, and what is named exists.
fn check(template: &Template, resources: &[(&str, Node<'_>)]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for (logical_id, node) in resources {
        let mut names = Vec::new();
        for function in template.functions.iter().filter(|function| function.logical_id == *logical_id) {
            names.push(format!("function {}", function.name));
            names.extend(function.routes.iter().map(|route| format!("route {} {}", route.method, route.path)));
            for Mapping { consumer_group, topic, .. } in &function.mappings {
                names.push(format!("consumer group {consumer_group}"));
                if !template.topics.iter().any(|made| made.name == *topic) {
                    return node.refuse(format!("the topic `{topic}` of its mapping is not in the template"));
                }
            }
        }
        let topics = template.topics.iter().filter(|topic| topic.logical_id == *logical_id);
        names.extend(topics.map(|topic| format!("topic {}", topic.name)));
        for name in names {
            if !seen.insert(name.clone()) {
                return node.refuse(format!("the {name} stands twice in the template"));
            }
        }
    }
    Ok(())
}
