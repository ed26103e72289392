use serde_json::Value;

/// A line for each field of an object, those that are required first, and those of objects and lists of objects in it after their own.
pub(crate) fn table(schema: &Value) -> String {
    lines(schema, "")
}

fn lines(schema: &Value, within: &str) -> String {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object();
    let optional = properties.into_iter().flat_map(|fields| fields.keys()).map(String::as_str);
    let optional = optional.filter(|name| !required.contains(name));
    let names = required.iter().copied().chain(optional).filter(|name| !schema["properties"][name].is_null());
    names
        .map(|name| {
            let field = &schema["properties"][name];
            let is_required = match name {
                _ if required.contains(&name) => "yes",
                _ if may_be_null(field) => "",
                _ => "no; not null",
            };
            let meaning = field["description"].as_str().unwrap_or_default().replace('\n', " ");
            let kind = kind(field).replace('|', r"\|");
            let line = format!("| `{within}{name}` | {kind} | {is_required} | {meaning} |\n");
            let of_object = lines(field, &format!("{within}{name}."));
            line + &of_object + &lines(&field["items"], &format!("{within}{name}[]."))
        })
        .collect()
}

fn may_be_null(schema: &Value) -> bool {
    let is_null = |name: &Value| *name == "null";
    let one_of = ["oneOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten();
    let types = schema["type"].as_array().into_iter().flatten();
    types.chain(one_of.map(|alternative| &alternative["type"])).any(is_null)
}

/// The most names that a table spells out.
const MOST_NAMES: usize = 16;

/// What a value may be, in few words.
fn kind(schema: &Value) -> String {
    if let Some(names) = schema["enum"].as_array() {
        if names.len() > MOST_NAMES {
            return format!("one of {} names in the schema", names.len());
        }
        let names = names.iter().filter(|name| !name.is_null());
        return names.map(|name| format!("`{}`", name.as_str().unwrap_or_default())).collect::<Vec<_>>().join(", ");
    }
    if let Some(alternatives) = schema["anyOf"].as_array() {
        let alternatives = alternatives.iter().filter(|alternative| alternative["type"] != "null");
        return alternatives.map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(value) = schema["const"].as_str() {
        return format!("`{value}`");
    }
    match first_type(schema) {
        "array" => format!("list{}: {}", count(schema), kind(&schema["items"])),
        "string" => text(schema),
        "integer" => integer(schema),
        other => other.to_owned(),
    }
}

fn integer(schema: &Value) -> String {
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(min), Some(max)) => format!("whole number, {min} to {max}"),
        _ => "whole number".to_owned(),
    }
}

fn text(schema: &Value) -> String {
    let what = match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("date-time"), _) => "time (RFC 3339)".to_owned(),
        (Some(format), _) => format.to_owned(),
        (None, Some(pattern)) if !pattern.contains(r"\u0000") => format!("text, `{pattern}`"),
        _ => "text".to_owned(),
    };
    match schema["maxLength"].as_u64() {
        Some(most) => format!("{what}, at most {most}"),
        None => what,
    }
}

fn count(schema: &Value) -> String {
    match (schema["minItems"].as_u64(), schema["maxItems"].as_u64()) {
        (Some(least), Some(most)) => format!(" of {least} to {most}"),
        _ => String::new(),
    }
}

fn first_type(schema: &Value) -> &str {
    let name = &schema["type"];
    name.as_str().or_else(|| name.as_array()?.first()?.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_optional_field_that_is_refused_as_null_says_so() {
        let schema = json!({
            "required": ["a"],
            "properties": {
                "a": {"type": "string"},
                "b": {"type": ["string", "null"]},
                "c": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "d": {"type": "object"},
            },
        });
        let table = table(&schema);
        let required: Vec<&str> = table.lines().filter_map(|line| line.split(" | ").nth(2)).map(str::trim).collect();
        assert_eq!(required, ["yes", "", "", "no; not null"], "{table}");
    }

    #[test]
    fn what_a_list_of_objects_holds_is_listed_and_many_names_are_counted() {
        let names: Vec<String> = (0..=MOST_NAMES).map(|name| name.to_string()).collect();
        let item = json!({"type": "object", "required": ["price"], "properties": {
            "price": {"type": "integer", "minimum": 0, "maximum": 9, "description": "Each."},
        }});
        let schema = json!({"required": ["items", "code"], "properties": {
            "items": {"type": "array", "minItems": 1, "maxItems": 3, "items": item},
            "code": {"type": "string", "enum": names},
        }});
        let expected = "| `items` | list of 1 to 3: object | yes |  |\n\
                        | `items[].price` | whole number, 0 to 9 | yes | Each. |\n\
                        | `code` | one of 17 names in the schema | yes |  |\n";
        assert_eq!(table(&schema), expected);
    }
}
