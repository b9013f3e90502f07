//! What every setting is, and where it comes from.

use figment::Figment;
use figment::value::{Dict, Value};

use super::kafka::SECRET_SHOWN;
use super::{Config, ConfigError, extract};

/// Settings whose value nobody is shown.
const SECRETS: [&str; 2] = ["kafka.key_password", "kafka.password"];

/// One line a setting: key, value and source. For people.
///
/// # Errors
/// When the configuration is not valid; then there is nothing to explain.
pub fn explain(figment: &Figment) -> Result<String, ConfigError> {
    extract(figment)?;
    let defaults = figment::providers::Serialized::defaults(Config::default());
    let keys = figment::Provider::data(&defaults)
        .map_err(|error| ConfigError::Invalid(Box::new(error)))?
        .into_values()
        .next()
        .map(|dict| leaves("", &dict))
        .unwrap_or_default();
    keys.iter().map(|key| line(figment, key)).collect()
}

fn line(figment: &Figment, key: &str) -> Result<String, ConfigError> {
    let value = figment.find_value(key).map_err(|error| ConfigError::Invalid(Box::new(error)))?;
    let source = match figment.get_metadata(value.tag()) {
        Some(metadata) if metadata.name.contains("Config") => "default".to_owned(),
        Some(metadata) => match &metadata.source {
            Some(source) => source.to_string(),
            None => metadata.name.to_string(),
        },
        None => "default".to_owned(),
    };
    let shown = match &value {
        Value::Empty(..) => "(not set)".to_owned(),
        _ if SECRETS.contains(&key) => SECRET_SHOWN.to_owned(),
        value => show(value),
    };
    Ok(format!("{key:<28} {shown:<24} # {source}\n"))
}

fn show(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Num(_, number) => number
            .to_u128()
            .map(|it| it.to_string())
            .or_else(|| number.to_i128().map(|it| it.to_string()))
            .unwrap_or_else(|| format!("{number:?}")),
        other => format!("{other:?}"),
    }
}

/// The dotted keys of all settings.
fn leaves(prefix: &str, dict: &Dict) -> Vec<String> {
    dict.iter()
        .flat_map(|(key, value)| match value {
            Value::Dict(_, inner) => leaves(&format!("{prefix}{key}."), inner),
            _ => vec![format!("{prefix}{key}")],
        })
        .collect()
}
