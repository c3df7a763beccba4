//! The core's documentation as Python has it: for the native half at run time, and for the stubs that `xtask` writes.

use blynk_webhooks::{Field, FieldInfo, FieldKind};

/// A documentation comment of the core as a docstring has it.
pub(crate) fn doc(text: &str) -> String {
    let mut text = text.replace('`', "``");
    for field in Field::ALL {
        text = text.replace(&format!("``{}``", field.wire()), &format!("``{}``", field.snake()));
    }
    text.replace("No value:", "``None``:").replace("A null value", "``None``")
}

/// The documentation of the property that shows a field.
pub(crate) fn property_doc(info: &FieldInfo) -> String {
    let text = doc(info.doc).replace(", in milliseconds since 1970 (UTC)", "");
    let more = match info.kind {
        FieldKind::Enum(of) => format!(" A ``{}``, or a string newer than this version.", of.name),
        FieldKind::Timestamp => " An aware ``datetime`` in UTC, to the millisecond.".into(),
        _ if info.secret => " ``repr`` leaves it out.".into(),
        _ => String::new(),
    };
    format!("{text}{more}")
}
