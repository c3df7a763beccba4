//! Reading JSON: messages for people.

/// What is wrong with a JSON text, in plain words, with line and column.
pub(crate) fn explain(error: &serde_json::Error) -> String {
    let place = match error.line() {
        0 => String::new(),
        line => format!(" (line {line}, column {})", error.column()),
    };
    format!("{}{place}", explain_value(error))
}

/// What is wrong with a single value, in plain words.
pub(crate) fn explain_value(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.rfind(" at line ").map_or(message.as_str(), |end| &message[..end]);
    let found = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match found.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, expected)) => format!("must be {}, is {}", plain(expected), plain(found)),
        None => message.to_owned(),
    }
}

/// The word for a type that people who write JSON use.
fn plain(name: &str) -> &str {
    match name {
        "map" | "a map" => "an object",
        "sequence" | "a sequence" => "an array",
        name if name.starts_with("struct ") || name.starts_with("internally tagged enum ") => "an object",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_in_json() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "it is only read")]
        struct Sample {
            map: std::collections::HashMap<String, String>,
            list: Vec<u8>,
        }
        let problem = |text: &str| explain(&serde_json::from_str::<Sample>(text).unwrap_err());
        assert_eq!(problem(r#"{"map": []}"#), "must be an object, is an array (line 1, column 8)");
        assert_eq!(problem(r#"{"list": {}}"#), "must be an array, is an object (line 1, column 9)");
        assert_eq!(problem("5"), "must be an object, is integer `5` (line 1, column 1)");
        assert_eq!(problem("{"), "EOF while parsing an object (line 1, column 1)");
    }
}
